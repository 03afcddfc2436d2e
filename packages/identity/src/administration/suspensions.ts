import { accountStatements, type Querier } from '@chasqui/db';

/** Whether this user may not sign in. */
export async function isSuspended(on: Querier, userId: string): Promise<boolean> {
  return (await accountStatements.suspensionOfUser.run(on, userId)) > 0;
}
