import { randomUUID } from 'node:crypto';
import { openDeliveryRoom, type DeliveryRoom } from '../../testing/coreRoom';
import { addParticipant } from '../addParticipant';
import { createDirect } from '../../conversations/createDirect';
import { createGroup } from '../../conversations/group/createGroup';
import { presenceAudience } from './presenceAudience';
import { removeParticipant } from '../removeParticipant';
import { sharesConversation } from './sharesConversation';

let room: DeliveryRoom;
beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());

test('[D10] presence is for those in a direct conversation or a group of up to 100', async () => {
  const [ana, ben, cleo, dan] = await room.users('ana', 'ben', 'cleo', 'dan');
  const crowd = await room.users(...Array.from({ length: 98 }, (_, i) => `singer-${i}`));
  await createDirect(room, ben, ana);
  const { id } = await createGroup(room, cleo, 'Choir', [ana, ...crowd]);
  expect((await presenceAudience(room, ana)).sort()).toEqual([ben, cleo, ...crowd].sort());

  await addParticipant(room, cleo, id, dan, 'member');
  expect(await presenceAudience(room, ana)).toEqual([ben]);
  await removeParticipant(room, dan, id, dan);
  expect(await presenceAudience(room, ana)).toHaveLength(100);
  expect(await presenceAudience(room, dan)).toEqual([]);
});

test('[D9] who shares no conversation has no business with somebody', async () => {
  const [ana, ben, cleo, dan] = await room.users('ana2', 'ben2', 'cleo2', 'dan2');
  await createDirect(room, ana, ben);
  const { id } = await createGroup(room, cleo, 'Choir', [ana, dan]);
  const asked = [ana, ben, cleo, dan, randomUUID()];
  expect(await sharesConversation(room, ana, asked)).toEqual(new Set([ana, ben, cleo, dan]));
  expect(await sharesConversation(room, ben, asked)).toEqual(new Set([ana, ben]));
  await removeParticipant(room, dan, id, dan);
  expect(await sharesConversation(room, dan, asked)).toEqual(new Set([dan]));
  expect(await sharesConversation(room, dan, [])).toEqual(new Set());
});
