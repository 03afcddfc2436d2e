import { useDeferredValue, useState } from 'react';
import groups from 'unicode-emoji-json/data-by-group.json';

/** All emoji by group, searchable by name. The data is bundled; nothing is fetched from a third party. */
export function EmojiPicker({ onChoose }: { onChoose: (emoji: string) => void }) {
  const [query, setQuery] = useState('');
  const searched = useDeferredValue(query.trim().toLowerCase());
  const found = groups
    .map(({ name, emojis }) => ({
      name,
      emojis: emojis.filter((emoji) => emoji.name.includes(searched)),
    }))
    .filter(({ emojis }) => emojis.length > 0);
  return (
    <div className="emoji-picker">
      <input
        className="input"
        type="text"
        inputMode="search"
        aria-label="Find an emoji"
        placeholder="Find an emoji"
        autoFocus
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <div className="emoji-groups">
        {found.map(({ name, emojis }) => (
          <section key={name} aria-label={name}>
            <h3>{name}</h3>
            <div className="emoji-grid">
              {emojis.map((emoji) => (
                <button
                  key={emoji.slug}
                  className="emoji"
                  type="button"
                  aria-label={emoji.name}
                  title={emoji.name}
                  onClick={() => onChoose(emoji.emoji)}
                >
                  {emoji.emoji}
                </button>
              ))}
            </div>
          </section>
        ))}
        {found.length === 0 && <p className="emoji-note">No emoji found.</p>}
      </div>
    </div>
  );
}
