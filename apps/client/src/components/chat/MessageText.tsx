import { type ReactNode, memo } from 'react';

const LINK = /\bhttps?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]}]/giu;
const ONLY_EMOJI =
  /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*){1,3}$/u;

/** What somebody wrote, as they wrote it; addresses in it can be followed. */
export const MessageText = memo(function MessageText({ text }: { text: string }) {
  const isLarge = ONLY_EMOJI.test(text);
  return (
    <span className={isLarge ? 'message-text large' : 'message-text'} dir="auto">
      {isLarge ? text : linked(text)}
    </span>
  );
});

function linked(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(end, match.index));
    end = match.index + match[0].length;
    parts.push(
      <a key={match.index} href={match[0]} target="_blank" rel="noopener noreferrer">
        {match[0]}
      </a>,
    );
  }
  parts.push(text.slice(end));
  return parts;
}
