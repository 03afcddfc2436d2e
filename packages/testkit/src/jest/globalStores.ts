/** The stores of this test run, from its setup to its teardown. */
let held: { close(): Promise<void> } | undefined;

export function holdStores(stores: { close(): Promise<void> }): void {
  held = stores;
}

export async function releaseStores(): Promise<void> {
  const stores = held;
  held = undefined;
  await stores?.close();
}
