import { accountStatements, type Querier } from '@chasqui/db';

/** Whether this user is suspended. */
export async function isSuspended(on: Querier, userId: string): Promise<boolean> {
  return (await accountStatements.suspensionOfUser.run(on, userId)) > 0;
}
