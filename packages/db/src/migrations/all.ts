import * as identity from './0001-identity';
import * as conversations from './0002-conversations';
import * as delivery from './0003-delivery';
import * as purgedDeliveries from './0004-purged-deliveries';
import * as findings from './0005-findings';
import * as idempotency from './0006-idempotency';
import * as partialIndexes from './0007-partial-indexes';
import * as externalIdentities from './0008-external-identities';
import * as listedSessions from './0009-listed-sessions';
import * as blocks from './0010-blocks';
import * as accountDeletions from './0011-account-deletions';
import * as retention from './0012-retention';
import * as firstContent from './0013-first-content';
import * as accountAdministration from './0014-account-administration';
import * as keysAndLifetimes from './0015-keys-and-lifetimes';
import * as consent from './0016-consent';
import * as retentionSpans from './0017-retention-spans';
import * as searchNames from './0018-search-names';
import type { Migration } from './migration';

/** In the order in which they run. Never changed once released; a new one is added instead. */
export const migrations: readonly Migration[] = [
  { name: '0001-identity', ...identity },
  { name: '0002-conversations', ...conversations },
  { name: '0003-delivery', ...delivery },
  { name: '0004-purged-deliveries', ...purgedDeliveries },
  { name: '0005-findings', ...findings },
  { name: '0006-idempotency', ...idempotency },
  { name: '0007-partial-indexes', ...partialIndexes },
  { name: '0008-external-identities', ...externalIdentities },
  { name: '0009-listed-sessions', ...listedSessions },
  { name: '0010-blocks', ...blocks },
  { name: '0011-account-deletions', ...accountDeletions },
  { name: '0012-retention', ...retention },
  { name: '0013-first-content', ...firstContent },
  { name: '0014-account-administration', ...accountAdministration },
  { name: '0015-keys-and-lifetimes', ...keysAndLifetimes },
  { name: '0016-consent', ...consent },
  { name: '0017-retention-spans', ...retentionSpans },
  { name: '0018-search-names', ...searchNames },
];
