import { createPeople, type Instance, openInstance, type People } from '@chasqui/testkit';
import { type Chromium, openChromium } from './chromium';

/** A running server, its test users, and a browser. Available inside tests. */
export interface BrowserSuite {
  readonly instance: Instance;
  readonly people: People;
  readonly chromium: Chromium;
}

/** Starts a server and a Chromium before the tests of a file and stops them afterwards. */
export function setUpBrowserSuite(options?: Parameters<typeof openInstance>[0]): BrowserSuite {
  let instance: Instance;
  let people: People;
  let chromium: Chromium;
  beforeAll(async () => {
    [instance, chromium] = await Promise.all([openInstance(options), openChromium()]);
    people = createPeople(instance);
  });
  afterAll(async () => {
    await chromium?.close();
    people?.disconnectAll();
    await instance?.close();
  });
  return {
    get instance() {
      return instance;
    },
    get people() {
      return people;
    },
    get chromium() {
      return chromium;
    },
  };
}
