import './pendingRequestNote.css';

/** Above the composer while the other person has not accepted the conversation. */
export function WaitingNote({ name, left }: { name: string; left: number }) {
  return (
    <p className="waiting-note" role="status">
      <bdi>{name}</bdi> has to accept before you can talk.{' '}
      {left > 0
        ? `You can send ${left} more ${left === 1 ? 'message' : 'messages'} until then.`
        : 'You cannot send more until then.'}
    </p>
  );
}
