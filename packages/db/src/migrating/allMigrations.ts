import * as identity from '../migrations/0001-identity';
import * as conversations from '../migrations/0002-conversations';
import * as delivery from '../migrations/0003-delivery';
import * as purgedDeliveries from '../migrations/0004-purged-deliveries';
import * as findings from '../migrations/0005-findings';
import * as idempotency from '../migrations/0006-idempotency';
import * as partialIndexes from '../migrations/0007-partial-indexes';
import * as externalIdentities from '../migrations/0008-external-identities';
import * as listedSessions from '../migrations/0009-listed-sessions';
import * as blocks from '../migrations/0010-blocks';
import * as accountDeletions from '../migrations/0011-account-deletions';
import * as retention from '../migrations/0012-retention';
import * as firstContent from '../migrations/0013-first-content';
import * as accountAdministration from '../migrations/0014-account-administration';
import * as keysAndLifetimes from '../migrations/0015-keys-and-lifetimes';
import * as consent from '../migrations/0016-consent';
import * as retentionSpans from '../migrations/0017-retention-spans';
import * as searchNames from '../migrations/0018-search-names';
import * as topicLogs from '../migrations/0019-topic-logs';
import type { Migration } from './migration';

/** In order of execution. A released migration never changes; add a new one instead. */
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
  { name: '0019-topic-logs', ...topicLogs },
];
