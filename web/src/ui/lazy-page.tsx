import { type ComponentType, useEffect, useState } from 'react';
import { LoadingState } from './notices';

/** A page whose code is a file of its own. */
export interface LazyPage<Props> {
  (props: Props): React.ReactNode;
  /** Asks for the file before anybody opens the page. */
  preload(): void;
}

/**
 * A page that comes with its own file. Not React's `lazy`: React keeps the fallback of a `Suspense` for at least 300 ms, and the file is there
 * after 30.
 */
export function lazyPage<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props> }>,
): LazyPage<Props> {
  let loaded: ComponentType<Props> | null = null;
  let loading: Promise<ComponentType<Props>> | null = null;
  const ask = () =>
    (loading ??= load().then(
      (file) => (loaded = file.default),
      (error: unknown) => {
        // whoever opens the page next asks again
        loading = null;
        throw error;
      },
    ));
  // what goes wrong is for the page itself to tell, when it is opened
  const preload = () => void ask().catch(() => undefined);

  function Page(props: Props) {
    const [Loaded, setLoaded] = useState(() => loaded);
    const [error, setError] = useState<unknown>(null);
    useEffect(() => {
      if (Loaded !== null) return;
      let isShown = true;
      ask().then(
        (component) => isShown && setLoaded(() => component),
        (reason: unknown) => isShown && setError(reason),
      );
      return () => {
        isShown = false;
      };
    }, [Loaded]);
    if (error !== null) throw error;
    if (Loaded !== null) return <Loaded {...props} />;
    // not only in the effect, which comes after everything around the page is painted
    preload();
    return <LoadingState what="the page" />;
  }
  return Object.assign(Page, { preload });
}
