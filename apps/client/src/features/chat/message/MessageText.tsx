import { memo } from 'react';
import { splitLinks, type TextPart } from './links';

const ONLY_EMOJI =
  /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*){1,3}$/u;

/** The text of a message, with clickable links. Up to three emoji alone are shown large. */
export const MessageText = memo(function MessageText({ text }: { text: string }) {
  const isLarge = ONLY_EMOJI.test(text);
  return (
    <span className={isLarge ? 'message-text large' : 'message-text'} dir="auto">
      {isLarge ? text : splitLinks(text).map(renderPart)}
    </span>
  );
});

function renderPart({ text, href }: TextPart, index: number) {
  if (href === undefined) return text;
  return (
    <a key={index} href={href} target="_blank" rel="noopener noreferrer">
      {text}
    </a>
  );
}
