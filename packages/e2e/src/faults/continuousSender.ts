import { type Device, sendUntilAcknowledged } from '@chasqui/testkit';

export interface ContinuousSender {
  /** Resolves when the current message is acknowledged. */
  stop(): Promise<void>;
}

/** Sends one message after the other, each until it is acknowledged. */
export function sendContinuously(device: Device, conversationId: string): ContinuousSender {
  let stopped = false;
  const done = (async () => {
    while (!stopped) {
      await sendUntilAcknowledged(device, conversationId, `message of ${device.deviceId}`);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await done;
    },
  };
}

/** How many messages of this device were acknowledged. */
export const acknowledged = (device: Device): number =>
  device.attempts.filter(({ outcome }) => outcome === 'acknowledged').length;
