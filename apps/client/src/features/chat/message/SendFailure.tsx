import { errorFromWire } from '@chasqui/protocol';
import type { OutboxEntry } from '@chasqui/sdk';
import { RotateCcw, Trash2 } from 'lucide-react';
import { errorText } from '../../../shared/formatting/errorText';
import { attempt } from '../../../store/notices';
import { useClient } from '../../../store/ClientContext';
import './sendFailure.css';

/** The reason why the server refused a message, with buttons to retry or discard it. */
export function SendFailure({ message }: { message: OutboxEntry }) {
  const client = useClient();
  const { client_message_id: id, refused } = message;
  return (
    <div className="send-failure" role="alert">
      <span>Not sent. {refused === null ? '' : errorText(errorFromWire(refused))}</span>
      <button className="link-button" type="button" onClick={() => void attempt(client.retry(id))}>
        <RotateCcw size={14} aria-hidden /> Retry
      </button>
      <button
        className="link-button"
        type="button"
        onClick={() => void attempt(client.discard(id))}
      >
        <Trash2 size={14} aria-hidden /> Discard
      </button>
    </div>
  );
}
