import { searchForm, type User } from '@chasqui/protocol';
import { Check, Search } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { useUserSearch } from '../../shared/useUserSearch';
import { Avatar } from '../../shared/Avatar';
import './peoplePicker.css';

interface PeoplePicker {
  /** People who are members already. */
  excluded: ReadonlySet<string>;
  chosen: readonly User[];
  onToggle: (user: User) => void;
}

/** Searches people by name and selects some of them. */
export function PeoplePicker({ excluded, chosen, onToggle }: PeoplePicker) {
  const [query, setQuery] = useState('');
  const { users, state } = useUserSearch(useDeferredValue(searchForm(query)));
  const ids = new Set(chosen.map(({ id }) => id));
  const shown = [...chosen, ...users.filter(({ id }) => !ids.has(id) && !excluded.has(id))];
  return (
    <div className="people-picker">
      <div className="people-picker-search">
        <Search size={18} aria-hidden />
        <input
          className="input"
          type="text"
          inputMode="search"
          autoComplete="off"
          aria-label="Find people"
          placeholder="Find people"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') event.preventDefault();
          }}
        />
      </div>
      <ul aria-label="People">
        {shown.map((user) => (
          <li key={user.id}>
            <button
              className="person"
              type="button"
              role="checkbox"
              aria-checked={ids.has(user.id)}
              onClick={() => onToggle(user)}
            >
              <Avatar id={user.id} name={user.display_name} size="small" />
              <span className="one-line" dir="auto">
                <bdi>{user.display_name}</bdi> <small>@{user.username}</small>
              </span>
              <span className="person-check">{ids.has(user.id) && <Check size={16} />}</span>
            </button>
          </li>
        ))}
      </ul>
      {shown.length === 0 && (
        <p className="people-picker-note" role="status">
          {state === 'searching' && 'Searching…'}
          {state === 'failed' && 'Go online to find people.'}
          {state === 'found' && 'No one found.'}
        </p>
      )}
    </div>
  );
}
