import type {
  Conversation,
  GroupInvitation,
  OpenedRequest,
  Privacy,
  Request,
} from '@chasqui/protocol';
import type { ChangeDeps } from '../conversations/changeDeps';
import type { Page, PageRequest } from '../paging/page';
import type { TrackOutcome } from '../reconcile/outcomeTracker';
import { listInvited } from './invitations/listInvited';
import { changePrivacy, readPrivacy } from './privacy';
import { acceptRequest } from './requests/acceptRequest';
import { declineRequest } from './requests/declineRequest';
import { listRequests, readRequest } from './requests/listRequests';

/**
 * Contact requests, group invitations and who may send them. Methods that name a request throw NotFoundError unless
 * it was sent to the user. Every method throws UnavailableError if PostgreSQL does not answer.
 */
export interface Consent {
  /** The user's open requests, newest first. Throws ValidationError for an invalid cursor. */
  listRequests(userId: string, page: PageRequest): Promise<Page<Request>>;
  /** One open request with its messages. */
  readRequest(userId: string, requestId: string): Promise<OpenedRequest>;
  /** Makes the user a participant. A second call returns the conversation in its current state. */
  acceptRequest(userId: string, requestId: string): Promise<Conversation>;
  /**
   * Removes the request from the user's list; the sender never learns of it. A second call changes nothing.
   * Throws ConflictError if the request was accepted.
   */
  declineRequest(userId: string, requestId: string): Promise<void>;
  /**
   * Users invited to a group who have not joined, newest first. Throws NotFoundError unless the user is a
   * participant (D9).
   */
  listInvited(
    userId: string,
    conversationId: string,
    page: PageRequest,
  ): Promise<Page<GroupInvitation>>;
  /** Throws NotFoundError for an unknown user. */
  readPrivacy(userId: string): Promise<Privacy>;
  /** Changes the given settings, announces the result to all of the user's devices and returns it. */
  changePrivacy(userId: string, change: Partial<Privacy>): Promise<Privacy>;
}

export function createConsent({
  change: deps,
  track,
}: {
  change: ChangeDeps;
  track: TrackOutcome;
}): Consent {
  return {
    listRequests: (userId, page) => listRequests(deps.db, userId, page),
    readRequest: (userId, id) => readRequest(deps.db, userId, id),
    acceptRequest: (userId, id) => track(acceptRequest(deps, userId, id)),
    declineRequest: (userId, id) => track(declineRequest(deps, userId, id)),
    listInvited: (userId, id, page) => listInvited(deps, userId, id, page),
    readPrivacy: (userId) => readPrivacy(deps.db, userId),
    changePrivacy: (userId, change) => track(changePrivacy(deps, userId, change)),
  };
}
