import { capabilities, type Capability } from '@chasqui/protocol';
import type { Pusher } from './transports/pusher/createPusher';
import type { UpdateHub } from './transports/sse/updates/openUpdateHub';

interface Offered {
  hub: Pick<UpdateHub, 'active'> | undefined;
  pusher: Pick<Pusher, 'hasApplication'>;
}

/** What this node offers beyond the base, by what is configured. */
export function capabilitiesOf({ hub, pusher }: Offered): readonly Capability[] {
  const offered: Record<Capability, boolean> = {
    mercure: true,
    'mercure-updates': hub !== undefined,
    'mercure-subscriptions': hub?.active !== undefined,
    pusher: true,
    'pusher-channels': pusher.hasApplication,
  };
  return capabilities.filter((capability) => offered[capability]);
}
