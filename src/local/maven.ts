import { LocalStackError } from './local-stack-error';
import { findProgram, type Environment } from './programs';

export const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

/** @throws LocalStackError with the two ways to get the part: Maven, and `otherWay`. */
export function requireMaven(environment: Environment, title: string, otherWay: string): string {
  const mvn = findProgram('mvn', environment);
  if (mvn) return mvn;
  throw new LocalStackError(
    `${title} is missing: install Maven (mvn on PATH), with which it is downloaded once, or ${otherWay}.`,
  );
}
