import { ChasquiError } from '@pern/protocol/errors';
import { OfflineError, SignedOutError, StorageError } from '@pern/sdk/errors';

/** What went wrong, in words for whoever did it, and what they can do. */
export function explain(error: unknown): string {
  if (error instanceof OfflineError)
    return 'You are offline. This needs a connection; try again later.';
  if (error instanceof SignedOutError) return 'You are signed out.';
  if (error instanceof StorageError) return 'This browser would not store that. Is its disk full?';
  if (!(error instanceof ChasquiError)) return 'That did not work. Try again.';
  switch (error.name) {
    case 'ValidationError':
      return fields(error).join(' ') || sentence(error.message);
    case 'UnauthorizedError':
      return 'You are signed out.';
    case 'ForbiddenError':
      return forbidden(error);
    case 'NotFoundError':
      return 'That is not there any more.';
    case 'ConflictError':
      return sentence(error.message);
    case 'RateLimitError':
      return `That was a lot at once. Try again in ${error.retryAfterSeconds ?? 1} s.`;
    case 'UnavailableError':
      return 'The server is not available at the moment. Try again.';
    case 'InternalError':
      return 'Something went wrong on the server.';
  }
}

/** Why something was refused, where the server names a reason. */
export function reasonOf(error: unknown): unknown {
  if (!(error instanceof ChasquiError)) return undefined;
  const { details } = error;
  return details !== undefined && 'reason' in details ? details.reason : undefined;
}

function forbidden(error: ChasquiError): string {
  const reason = reasonOf(error);
  switch (reason) {
    case 'suspended':
      return 'This account is suspended. Ask the administrators of this server.';
    case 'new_password_required':
      return 'This password is temporary. Choose a new one.';
    case 'registration_closed':
      return 'Registration is closed on this server.';
    case 'invitation_required':
      return 'You need an invitation to register here.';
    case 'invitation_invalid':
      return 'This invitation is not valid any more. Ask for another one.';
  }
  if (reason === 'blocked') return 'You cannot write to this person or add them.';
  if (reason === 'requested') return 'They have not accepted yet. You cannot send more until then.';
  if (reason === 'deleted') return 'The account of the other was deleted.';
  return 'Your role in this group does not allow that.';
}

/** Each refused field with its own reason: `Password: must have at least 8 characters.` */
function fields({ details }: ChasquiError): string[] {
  if (!Array.isArray(details)) return [];
  return details.flatMap((detail: unknown) =>
    isFieldError(detail) ? [sentence(`${named(detail.path)}: ${detail.message}`)] : [],
  );
}

function isFieldError(detail: unknown): detail is { path: string; message: string } {
  return typeof detail === 'object' && detail !== null && 'path' in detail && 'message' in detail;
}

const named = (path: string): string =>
  path === 'content_encrypted' ? 'message' : (path.split('.')[0] ?? '').replaceAll('_', ' ');

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
