import { until } from '@chasqui/testkit';
import {
  issuedToken,
  newTopic,
  openHubFixture,
  type HubFixture,
} from '../../../testing/hubFixture';
import { dataOf } from '../../../testing/streamFixture';

let fixture: HubFixture;
beforeAll(async () => {
  fixture = await openHubFixture();
});
afterEach(() => fixture.closeStreams());
afterAll(() => fixture.close());

describe('Mercure 1.0', () => {
  test('matchers and authorization details allow publishing and subscribing', async () => {
    const name = newTopic();
    const matchers = [{ match: 'https://example.com/books/:id', match_type: 'urlpattern' }];
    const token = issuedToken('subscriber', ['subscribe', 'later'], matchers);
    const stream = await fixture.stream(
      `match_urlpattern=${encodeURIComponent('https://example.com/:kind/:id')}`,
      {
        token,
      },
    );
    const sent = await fixture.publish(
      [
        ['topic', name],
        ['data', 'private'],
        ['private', 'on'],
      ],
      issuedToken('publisher', ['publish'], [{ match: '*' }]),
    );
    expect(sent.status).toBe(200);
    await until('it arrives', () => dataOf(stream).includes('private'));
  });

  test.each([
    [
      'another APPLICATION',
      () => issuedToken('subscriber', ['subscribe'], [{ match: '*' }], { iss: 'x' }),
    ],
    [
      'another audience',
      () => issuedToken('subscriber', ['subscribe'], [{ match: '*' }], { aud: 'x' }),
    ],
    [
      'no expiry',
      () => issuedToken('subscriber', ['subscribe'], [{ match: '*' }], { exp: undefined }),
    ],
    [
      'an expiry in the past',
      () => issuedToken('subscriber', ['subscribe'], [{ match: '*' }], { exp: 1 }),
    ],
    ['no topics', () => issuedToken('subscriber', ['subscribe'], [])],
    [
      'an unknown matcher',
      () => issuedToken('subscriber', ['subscribe'], [{ match: 'a', match_type: 'x' }]),
    ],
    ['an action that is no text', () => issuedToken('subscriber', [7], [{ match: 'a' }])],
    [
      'one bad pattern among good ones',
      () =>
        issuedToken(
          'subscriber',
          ['subscribe'],
          [{ match: '*' }, { match: '/:a(.*)', match_type: 'urlpattern' }],
        ),
    ],
    ['the key of the other role', () => issuedToken('publisher', ['subscribe'], [{ match: '*' }])],
  ])('a token with %s is refused', async (_what, token) => {
    const { status, headers } = await fixture.stream('match=a', { token: token() });
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
  });
});
