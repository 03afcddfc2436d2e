import './pendingRequestNote.css';

/** Shown above the composer until the other person accepts the conversation. `left` is the number of messages allowed. */
export function PendingRequestNote({ name, left }: { name: string; left: number }) {
  return (
    <p className="pending-request-note" role="status">
      <bdi>{name}</bdi> has not accepted your request yet.{' '}
      {left > 0
        ? `Until then you can send ${left} more ${left === 1 ? 'message' : 'messages'}.`
        : 'You can send more messages once they accept.'}
    </p>
  );
}
