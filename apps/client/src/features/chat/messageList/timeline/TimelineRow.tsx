import { dayTitle } from '../../../../shared/formatting/dates';
import { EventLine } from './EventMessage';
import { MessageRow } from '../../message/MessageRow';
import type { Row } from './timelineRows';

export function RowView({ row, isGroup }: { row: Row; isGroup: boolean }) {
  switch (row.type) {
    case 'day':
      return (
        <p className="day-line">
          <span>{dayTitle(row.at)}</span>
        </p>
      );
    case 'new':
      return (
        <p className="new-line" role="separator">
          <span>New messages</span>
        </p>
      );
    case 'event':
      return <EventLine message={row.message} />;
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

/** A guess until it is measured, in pixels: near enough that the scroll bar hardly moves. */
export function estimatedHeight(row: Row | undefined): number {
  if (row?.type !== 'message') return 44;
  const lines = Math.ceil((row.message.content?.length ?? 0) / 60);
  return 30 + Math.max(1, lines) * 23 + (row.isFirst ? 6 : 0);
}
