import { selectStatus } from '@chasqui/sdk';
import { Check, CheckCheck, CircleAlert, Clock } from 'lucide-react';
import { useChatStore } from '../../../store/chatStore';
import { isOutboxEntry, type ShownMessage } from '../../../store/chatView';
import './ticks.css';

type Stage = 'pending' | 'refused' | 'sent' | 'delivered' | 'read';

const stages = {
  pending: [Clock, 'Waiting to send'],
  refused: [CircleAlert, 'Not sent'],
  sent: [Check, 'Sent'],
  delivered: [CheckCheck, 'Delivered'],
  read: [CheckCheck, 'Read'],
} as const satisfies Record<Stage, readonly [unknown, string]>;

/** The status of the user's own message, aggregated over all recipients (D6). */
export function Ticks({ message }: { message: ShownMessage }) {
  const stage = useChatStore((view): Stage => {
    if (isOutboxEntry(message)) return message.status === 'refused' ? 'refused' : 'pending';
    return selectStatus(view.chat, message);
  });
  const [Icon, label] = stages[stage];
  return (
    <span className={`ticks ${stage}`} data-ticks={stage} title={label}>
      <Icon size={16} aria-hidden />
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
