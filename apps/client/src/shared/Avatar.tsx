import { Users } from 'lucide-react';
import './avatar.css';

const HUES = 8;

interface Avatar {
  /** Determines the color. */
  id: string;
  name: string;
  kind?: 'person' | 'group';
  size?: 'small' | 'normal';
  presence?: 'online' | 'offline' | undefined;
}

/** Initials on a color, with a dot for online users. Hidden from screen readers, because the name is always next to it. */
export function Avatar({ id, name, kind = 'person', size = 'normal', presence }: Avatar) {
  return (
    <span
      className={`avatar hue-${hueOf(id)} ${size}`}
      data-initials={kind === 'group' ? '' : initialsOf(name)}
      aria-hidden
    >
      {kind === 'group' && <Users size={size === 'small' ? 14 : 20} />}
      {presence === 'online' && <span className="presence-dot" />}
    </span>
  );
}

function hueOf(id: string): number {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973;
  return sum % HUES;
}

function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return letters
    .map((word) => [...(word ?? '')][0] ?? '')
    .join('')
    .toUpperCase();
}
