import { commands, endpoints } from '@chasqui/protocol';
import { actionOfEndpoint, actionOfCommand } from './actionOf';
import { actionByCommand, actionByEndpoint, actionRates } from './actions';

const rates = actionRates({ sendsPerSecond: 20 });

test('every endpoint and command is limited, and the table has no others', () => {
  expect(Object.keys(actionByEndpoint).sort()).toEqual(Object.keys(endpoints).sort());
  expect(Object.keys(actionByCommand).sort()).toEqual(commands.map(({ name }) => name).sort());
  for (const endpoint of Object.values(endpoints))
    expect(rates).toHaveProperty(actionOfEndpoint(endpoint));
  for (const { name } of commands) {
    expect(rates).toHaveProperty(actionOfCommand(name));
  }
  expect(() => actionOfCommand('chat:something_new')).toThrow('has no rate-limited action');
});

test('anonymous endpoints are limited by address, all others by user and address', () => {
  for (const [name, endpoint] of Object.entries(endpoints)) {
    const kind = rates[actionOfEndpoint(endpoint)];
    expect([name, 'address' in kind]).toEqual([name, true]);
    if (!('open' in endpoint)) expect([name, 'user' in kind]).toEqual([name, true]);
  }
});

test('sends follow the setting, ten times that per address, with bursts of ten seconds', () => {
  expect(rates.send).toEqual({
    user: { perSecond: 20, burst: 200 },
    address: { perSecond: 200, burst: 2_000 },
  });
});
