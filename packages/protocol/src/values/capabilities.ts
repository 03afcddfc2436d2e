import * as z from 'zod';

/** What a server may offer beyond what every server offers. Names are added, never reused. */
export const capabilities = [
  /** Event streams of the chat by the Mercure protocol. */
  'mercure',
  /** Applications publish updates of their own topics to the Mercure hub. */
  'mercure-updates',
  /** The Mercure hub announces and lists the subscriptions to updates. */
  'mercure-subscriptions',
  /** The conversations as Pusher channels. */
  'pusher',
  /** Channels of an application, with the signed HTTP API of Pusher. */
  'pusher-channels',
] as const;
export type Capability = (typeof capabilities)[number];

/** Any name is accepted: a newer server may offer more than this list. */
export const capabilitiesSchema = z.array(z.string().max(64)).max(64).optional().meta({
  description: 'What this server offers beyond the base. Clients ignore names they do not know.',
});
