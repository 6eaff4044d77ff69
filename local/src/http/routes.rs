//! Chooses the function of a request as an HTTP API does: a full path before a greedy one, a method before `ANY`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::world::Route;

pub(super) struct Routes(Vec<Route>);

/// The route a request takes.
pub(super) struct Found {
    pub(super) key: String,
    pub(super) function: String,
    pub(super) parameters: BTreeMap<String, String>,
}

impl Routes {
    pub(super) fn new(routes: &[Route]) -> Self {
        let mut routes = routes.to_vec();
        routes.sort_by_key(|route| {
            let variables = route.path.matches('{').count();
            (route.path.ends_with("+}"), variables, Reverse(route.path.len()), route.method.is_none())
        });
        Self(routes)
    }

    pub(super) fn find(&self, method: &str, path: &str) -> Option<Found> {
        self.0.iter().filter(|route| route.method.as_deref().is_none_or(|wanted| wanted == method)).find_map(|route| {
            let parameters = matches(&route.path, path)?;
            Some(Found { key: route.key.clone(), function: route.function.clone(), parameters })
        })
    }
}

fn matches(template: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    let mut segments = path.trim_start_matches('/').split('/');
    let mut wanted = template.trim_start_matches('/').split('/');
    loop {
        let Some(part) = wanted.next() else {
            return segments.next().is_none().then_some(parameters);
        };
        if let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix("+}")) {
            let rest: Vec<&str> = segments.collect();
            let rest = rest.join("/");
            return (!rest.is_empty()).then(|| {
                parameters.insert(name.to_owned(), decode(&rest));
                parameters
            });
        }
        let segment = segments.next()?;
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) if !segment.is_empty() => {
                parameters.insert(name.to_owned(), decode(segment));
            }
            None if part == segment => {}
            _ => return None,
        }
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes(keys: &[&str]) -> Routes {
        let routes: Vec<Route> = keys
            .iter()
            .map(|key| {
                let (method, path) = key.split_once(' ').unwrap();
                let method = (method != "ANY").then(|| method.to_owned());
                Route { key: (*key).to_owned(), method, path: path.to_owned(), function: (*key).to_owned() }
            })
            .collect();
        Routes::new(&routes)
    }

    #[test]
    fn the_most_specific_route_wins() {
        let routes = routes(&["ANY /a/{proxy+}", "GET /a/b", "ANY /a/b", "GET /a/{id}", "GET /health"]);
        let found = |method, path| routes.find(method, path).map(|found| found.key);
        assert_eq!(found("GET", "/a/b").as_deref(), Some("GET /a/b"));
        assert_eq!(found("POST", "/a/b").as_deref(), Some("ANY /a/b"));
        assert_eq!(found("GET", "/a/c").as_deref(), Some("GET /a/{id}"));
        assert_eq!(found("GET", "/a/c/d").as_deref(), Some("ANY /a/{proxy+}"));
        assert_eq!(found("GET", "/a"), None);
        assert_eq!(found("GET", "/a/"), None);
        assert_eq!(found("POST", "/health"), None);
    }

    #[test]
    fn parameters_are_decoded_once() {
        let found = routes(&["GET /u/{name}"]).find("GET", "/u/a%252Fb").unwrap();
        assert_eq!(found.parameters["name"], "a%2Fb");
    }
}
