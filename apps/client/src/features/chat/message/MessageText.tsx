import { memo } from 'react';
import { linked, type Piece } from './links';

const ONLY_EMOJI =
  /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*){1,3}$/u;

/** What somebody wrote, as they wrote it; addresses in it can be followed. */
export const MessageText = memo(function MessageText({ text }: { text: string }) {
  const isLarge = ONLY_EMOJI.test(text);
  return (
    <span className={isLarge ? 'message-text large' : 'message-text'} dir="auto">
      {isLarge ? text : linked(text).map(shown)}
    </span>
  );
});

function shown({ text, href }: Piece, index: number) {
  if (href === undefined) return text;
  return (
    <a key={index} href={href} target="_blank" rel="noopener noreferrer">
      {text}
    </a>
  );
}
