import {
  ConditionalCheckFailedException,
  ResourceNotFoundException,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import { ServiceError } from '../../domain/errors';

/**
 * Awaits a call and names what failed. The two answers that are part of the protocol, a failed condition and a
 * cancelled transaction, pass as they are.
 * @throws ServiceError DEPENDENCY_UNAVAILABLE, or CONFIGURATION when the tables are missing
 */
export async function answered<T>(doing: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException || error instanceof TransactionCanceledException) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (error instanceof ResourceNotFoundException) {
      const what = `DynamoDB has no such table while ${doing}: create the tables, or correct TABLE_PREFIX.`;
      throw new ServiceError('CONFIGURATION', what, [], { cause: error });
    }
    throw new ServiceError('DEPENDENCY_UNAVAILABLE', `DynamoDB failed while ${doing} (${reason}).`, [], {
      cause: error,
    });
  }
}
