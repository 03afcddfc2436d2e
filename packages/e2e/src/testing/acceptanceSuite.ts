import {
  createPeople,
  type Instance,
  type InstanceOptions,
  openInstance,
  type People,
  type Person,
} from '@chasqui/testkit';

/** A running instance and its test users. Available inside tests. */
export interface AcceptanceSuite {
  readonly instance: Instance;
  readonly people: People;
  /** Registers Ana and Ben and opens a direct conversation of them. */
  openDirect(): Promise<{ ana: Person; ben: Person; id: string }>;
}

/** Starts an instance before the tests of a file and stops it, with all devices of its users, afterwards. */
export function setUpAcceptanceSuite(options?: InstanceOptions): AcceptanceSuite {
  let instance: Instance;
  let people: People;
  beforeAll(async () => {
    instance = await openInstance(options);
    people = createPeople(instance);
  });
  afterAll(async () => {
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
    async openDirect() {
      const { ana, ben } = await people.registerAll('ana', 'ben');
      const { id } = await people.direct(ana, ben);
      return { ana, ben, id };
    },
  };
}
