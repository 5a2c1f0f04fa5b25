import { type Command, InvalidArgumentError } from 'commander';
import { ensureFeed } from '../../client/ensure-feed';
import { readFeed } from '../../client/read-feed';
import type { Services } from '../../composition/services';
import { addVerb, type CommonFlags, present, print, tenantOf, wholeNumber } from '../command-line';
import { withDesk, withServices } from '../connect';
import type { Surroundings } from '../surroundings';
import { feedLine } from './feed-texts';

interface TailFlags extends CommonFlags {
  from?: number;
  count?: number;
}

export function feedCommands(program: Command, surroundings: Surroundings): void {
  const area = program.command('feed').description('Order events and executions as they happen, for other programs');
  addVerb(area, 'start', 'Have the feeds of all tenants written; once for an installation').action(
    async (flags: CommonFlags) => {
      const workflowId = await withDesk(surroundings, ({ temporal }) => ensureFeed(temporal.client));
      print(flags, surroundings, { workflowId }, () => `The feeds are written by workflow ${workflowId}.`);
    },
  );
  addVerb(area, 'tail', 'The messages of a tenant as they come, one a line, until Ctrl-C')
    .option(
      '--from <sequence>',
      'those after this one first; 0: all that are kept (default: new ones only)',
      sequenceNumber,
    )
    .option('--count <n>', 'end after so many', wholeNumber)
    .action((flags: TailFlags) => tail(flags, surroundings));
}

async function tail(flags: TailFlags, surroundings: Surroundings): Promise<void> {
  const tenantId = tenantOf(flags, surroundings);
  const stop = surroundings.stopSignal();
  let left = flags.count ?? Infinity;
  await withServices(surroundings, async (services) => {
    await warnOfSilence(services, surroundings);
    for await (const message of readFeed(services, { tenantId, ...present({ from: flags.from }) }, stop)) {
      surroundings.stdout(flags.json ? JSON.stringify(message) : feedLine(message));
      if (--left <= 0) return;
    }
  });
}

/** A feed that nobody writes looks like a quiet one. */
export async function warnOfSilence(
  { openFeedReader }: Pick<Services, 'openFeedReader'>,
  { stderr }: Pick<Surroundings, 'stderr'>,
): Promise<void> {
  const reader = await openFeedReader();
  try {
    if ((await reader.holder()) !== undefined) return;
    stderr('Nobody writes the feed now: run a worker with the role feed, and `exchange-integration feed start` once.');
  } finally {
    reader.close();
  }
}

function sequenceNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be the sequence of a message, or 0.');
}
