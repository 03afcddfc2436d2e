import type { Device } from './deviceTypes';

/** Connects a device and waits until its backlog has arrived. */
export async function connected(device: Device, withinMs = 30_000): Promise<Device> {
  await device.connect();
  await device.drained(withinMs);
  return device;
}
