import { RateLimitError } from '@chasqui/protocol';
import { createFakeClock } from '@chasqui/testkit';
import { createQuotas, noQuotas, quotasPerDay } from './quotas';

// Daily storage quotas of users and addresses.

const settings = {
  QUOTA_ACCOUNTS_PER_ADDRESS: 3,
  QUOTA_CONVERSATIONS_PER_USER: 2,
  QUOTA_CONTACTS_PER_USER: 10,
  QUOTA_MEGABYTES_PER_USER: 1,
};
const HOUR_MS = 3_600_000;
const alone = { add: (spent: readonly unknown[]) => Promise.resolve(spent.map(() => null)) };
const ana = { userId: 'ana', address: 'here' };

function opened() {
  const clock = createFakeClock();
  return { clock, quotas: createQuotas({ settings, deficits: alone, clock }) };
}

test('a user stores the daily quota, receives the waiting time, and regains it over the day', () => {
  const { clock, quotas } = opened();
  for (let i = 0; i < 2; i += 1) {
    quotas.admit('quota_conversations', ana);
    quotas.count('quota_conversations', ana);
  }
  const refusal = (): unknown => {
    try {
      quotas.admit('quota_conversations', ana);
    } catch (error) {
      return error;
    }
    return 'admitted';
  };
  expect(refusal()).toBeInstanceOf(RateLimitError);
  expect(refusal()).toMatchObject({ retryAfterSeconds: 43_200 });
  // Other users at the same address are not affected.
  quotas.admit('quota_conversations', { userId: 'ben', address: 'here' });
  clock.advance(12 * HOUR_MS);
  expect(refusal()).toBe('admitted');
  expect(quotas.refusals()).toMatchObject({ quota_conversations: 2, quota_storage: 0 });
});

test('checking counts nothing', () => {
  const { quotas } = opened();
  for (let i = 0; i < 100; i += 1) quotas.admit('quota_registrations', ana);
});

test('storing more than is left at once creates a deficit', () => {
  const { clock, quotas } = opened();
  quotas.admit('quota_contacts', ana);
  quotas.count('quota_contacts', ana, 30);
  clock.advance(48 * HOUR_MS);
  expect(() => quotas.admit('quota_contacts', ana)).toThrow(RateLimitError);
  clock.advance(3 * HOUR_MS);
  quotas.admit('quota_contacts', ana);
});

test('an address stores ten times what a user does, for all its users together', () => {
  const { quotas } = opened();
  for (let i = 0; i < 20; i += 1) {
    const who = { userId: `user ${i}`, address: 'here' };
    quotas.admit('quota_conversations', who);
    quotas.count('quota_conversations', who);
  }
  const fresh = { userId: 'fresh', address: 'here' };
  expect(() => quotas.admit('quota_conversations', fresh)).toThrow(RateLimitError);
  quotas.admit('quota_conversations', { ...fresh, address: 'there' });
});

test('a message counts with its content plus 1 KiB, so empty ones are bounded too', () => {
  const { quotas } = opened();
  let stored = 0;
  const isRoom = (): boolean => {
    try {
      quotas.admit('quota_storage', ana);
      return true;
    } catch {
      return false;
    }
  };
  for (; stored < 5_000 && isRoom(); stored += 1) quotas.countMessage(ana, 0);
  expect(stored).toBe(1_024);
  const ben = { userId: 'ben', address: 'there' };
  for (let i = 0; i < 64; i += 1) quotas.countMessage(ben, 15_360);
  expect(() => quotas.admit('quota_storage', ben)).toThrow(RateLimitError);
});

test('registrations count for the address only, and RATE_LIMIT=off counts nothing', () => {
  expect(Object.keys(quotasPerDay(settings).quota_registrations)).toEqual(['address']);
  noQuotas.count('quota_registrations', ana, 1_000_000);
  noQuotas.admit('quota_registrations', ana);
});
