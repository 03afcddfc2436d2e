import { dayLabel } from '../../../../shared/formatting/dates';
import { EventMessage } from './EventMessage';
import { MessageRow } from '../../message/MessageRow';
import type { Row } from './timelineRows';

export function TimelineRow({ row, isGroup }: { row: Row; isGroup: boolean }) {
  switch (row.type) {
    case 'day':
      return (
        <p className="day-line">
          <span>{dayLabel(row.at)}</span>
        </p>
      );
    case 'new':
      return (
        <p className="new-line" role="separator">
          <span>New messages</span>
        </p>
      );
    case 'event':
      return <EventMessage message={row.message} />;
    case 'message':
      return (
        <MessageRow
          message={row.message}
          isMine={row.isMine}
          isFirst={row.isFirst}
          isLast={row.isLast}
          isGroup={isGroup}
        />
      );
  }
}

/** The estimated height in pixels, until a row is measured. Close enough to keep the scroll bar steady. */
export function estimatedHeight(row: Row | undefined): number {
  if (row?.type !== 'message') return 44;
  const lines = Math.ceil((row.message.content?.length ?? 0) / 60);
  return 30 + Math.max(1, lines) * 23 + (row.isFirst ? 6 : 0);
}
