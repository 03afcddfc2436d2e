import { commands, endpoints } from '@chasqui/protocol';
import { kindOf, kindOfCommandNamed } from './kindOf';
import { kindOfCommand, kindOfEndpoint, kindsOfActions } from './kinds';

const kinds = kindsOfActions({ sendsPerSecond: 20 });

test('everything that can be asked is limited, and nothing else is spoken of', () => {
  expect(Object.keys(kindOfEndpoint).sort()).toEqual(Object.keys(endpoints).sort());
  expect(Object.keys(kindOfCommand).sort()).toEqual(commands.map(({ name }) => name).sort());
  for (const endpoint of Object.values(endpoints)) expect(kinds).toHaveProperty(kindOf(endpoint));
  for (const { name } of commands) {
    expect(kinds).toHaveProperty(kindOfCommandNamed(name));
  }
  expect(() => kindOfCommandNamed('chat:something_new')).toThrow('counts as nothing');
});

test('what takes no token is limited by address, everything else by both', () => {
  for (const [name, endpoint] of Object.entries(endpoints)) {
    const kind = kinds[kindOf(endpoint)];
    expect([name, 'address' in kind]).toEqual([name, true]);
    if (!('open' in endpoint)) expect([name, 'user' in kind]).toEqual([name, true]);
  }
});

test('sends are as the setting says, ten times that per address, with bursts of ten seconds', () => {
  expect(kinds.send).toEqual({
    user: { perSecond: 20, burst: 200 },
    address: { perSecond: 200, burst: 2_000 },
  });
});
