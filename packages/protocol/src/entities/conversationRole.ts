import * as z from 'zod';
import { missingOr } from '../values/wording';

/** The roles of participants, highest first. In direct conversations everybody is a member. */
export const conversationRoles = ['admin', 'moderator', 'member'] as const;
export type ConversationRole = (typeof conversationRoles)[number];

export const roleSchema = z.enum(conversationRoles, {
  error: missingOr(`must be one of ${conversationRoles.join(', ')}`),
});

const rank: Readonly<Record<ConversationRole, number>> = { admin: 2, moderator: 1, member: 0 };

/** Whether `role` is at least as high as `other`. A user cannot grant a role above their own. */
export function isAtLeast(role: ConversationRole, other: ConversationRole): boolean {
  return rank[role] >= rank[other];
}
