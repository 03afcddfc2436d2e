import { type Instance, openInstance } from '@pern/testing/instance';
import { type Chromium, openChromium } from './browser';
import { signUp } from './persona';

let instance: Instance;
let chromium: Chromium;
beforeAll(async () => {
  [instance, chromium] = await Promise.all([openInstance(), openChromium()]);
}, 90_000);
afterAll(async () => {
  await chromium?.close();
  await instance?.close();
});

test('[client] a first visit on an empty instance leads two people to a chat', async () => {
  const [here, there] = await Promise.all([chromium.profile(), chromium.profile()]);
  const ana = await signUp(here, instance.url(), 'Ana');
  await ana.page.getByText('Nobody else has signed up yet.').waitFor();
  const ben = await signUp(there, instance.url(), 'Ben');
  await ben.open('Ana');
  await ben.write('Hello Ana');
  await ben.ticks('Hello Ana', 'delivered');
  await ana.open('Ben');
  await ben.ticks('Hello Ana', 'read');
  await ana.write('Hello Ben');
  await ben.message('Hello Ben').waitFor();
  await ana.ticks('Hello Ben', 'read');
  await ana.page.screenshot({ path: '/tmp/shot.png' });
  expect([...here.complaints, ...there.complaints]).toEqual([]);
});
