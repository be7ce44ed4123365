//! The entities of the crate and their links.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use serde_json::{Map, Value, json};

use super::{
    AbsentFile, ContainedFile, FILE_NAME, FileReference, Licence, Metadata, MetadataError, Software, Task, identifier,
    media_type,
};
use crate::{bundle::archive::check_name, recipe::Digest};

const CONTEXT: &str = "https://w3id.org/ro/crate/1.1/context";
const PROFILE: &str = "https://w3id.org/ro/crate/1.1";

/// Writes the description.
pub(super) fn build(metadata: &Metadata) -> Result<Vec<u8>, MetadataError> {
    let mut graph = Graph::default();
    graph.files(metadata)?;
    for (digest, file) in &metadata.absent {
        graph.add(identifier::absent(digest), absent(digest, file))?;
    }
    for task in &metadata.tasks {
        graph.task(task)?;
    }
    graph.add(identifier::SOFTWARE.to_owned(), software(&metadata.software)?)?;
    graph.root(metadata)?;
    let descriptor = json!({
        "@type": "CreativeWork",
        "about": {"@id": identifier::ROOT},
        "conformsTo": {"@id": PROFILE},
    });
    graph.add(FILE_NAME.to_owned(), object(descriptor))?;
    Ok(graph.into_json())
}

type Object = Map<String, Value>;

/// Entities by identifier.
#[derive(Default)]
struct Graph(BTreeMap<String, Object>);

impl Graph {
    fn add(&mut self, id: String, mut entity: Object) -> Result<(), MetadataError> {
        entity.insert("@id".to_owned(), id.as_str().into());
        match self.0.entry(id) {
            Entry::Vacant(place) => {
                place.insert(entity);
                Ok(())
            }
            Entry::Occupied(place) => Err(MetadataError::Twice(place.key().clone())),
        }
    }

    fn files(&mut self, metadata: &Metadata) -> Result<(), MetadataError> {
        for file in std::iter::once(&metadata.experiment).chain(&metadata.files) {
            let path = || file.path.clone();
            check_name(&file.path).map_err(|fault| MetadataError::Path { path: path(), fault: Some(fault) })?;
            if file.path.eq_ignore_ascii_case(FILE_NAME) {
                return Err(MetadataError::Path { path: path(), fault: None });
            }
            self.add(identifier::contained(&file.path), contained(file)).map_err(|_| MetadataError::Twice(path()))?;
        }
        Ok(())
    }

    fn task(&mut self, task: &Task) -> Result<(), MetadataError> {
        let mut entity = object(json!({
            "@type": "CreateAction",
            "name": task.address,
            "identifier": identifier::digest(&task.key),
            "instrument": {"@id": identifier::SOFTWARE},
        }));
        insert_some(&mut entity, "description", task.description.clone());
        insert_links(&mut entity, "object", self.linked(task, &task.inputs)?);
        insert_links(&mut entity, "result", self.linked(task, &task.outputs)?);
        let mut environment = BTreeSet::new();
        for (name, value) in &task.environment {
            let id = identifier::environment(name, value);
            // Tasks that ran in the same share the entity.
            let property = json!({"@id": id, "@type": "PropertyValue", "name": name, "value": value});
            self.0.insert(id.clone(), object(property));
            environment.insert(id);
        }
        insert_links(&mut entity, "additionalProperty", environment);
        let twice = |_| MetadataError::Twice(task.address.clone());
        self.add(identifier::task(&task.address), entity).map_err(twice)
    }

    /// The identifiers of files that are described.
    fn linked(&self, task: &Task, files: &[FileReference]) -> Result<BTreeSet<String>, MetadataError> {
        let mut links = BTreeSet::new();
        for file in files {
            let (id, shown) = match file {
                FileReference::Contained(path) => (identifier::contained(path), path.clone()),
                FileReference::Absent(digest) => (identifier::absent(digest), digest.to_string()),
            };
            if !self.0.contains_key(&id) {
                return Err(MetadataError::Unknown { task: task.address.clone(), file: shown });
            }
            links.insert(id);
        }
        Ok(links)
    }

    fn root(&mut self, metadata: &Metadata) -> Result<(), MetadataError> {
        let of_type = |wanted: &str| {
            let entities = self.0.iter().filter(|(_, entity)| entity["@type"] == wanted);
            entities.map(|(id, _)| id.clone()).collect::<BTreeSet<_>>()
        };
        let mut root = object(json!({
            "@type": "Dataset",
            "name": metadata.name,
            "description": metadata.description,
            "mainEntity": {"@id": identifier::contained(&metadata.experiment.path)},
        }));
        insert_links(&mut root, "hasPart", of_type("File"));
        insert_links(&mut root, "mentions", of_type("CreateAction"));
        insert_some(&mut root, "datePublished", metadata.date_published.map(|date| date.to_string()));
        let (id, licence) = licence(metadata.licence.as_ref())?;
        root.insert("license".to_owned(), json!({"@id": id}));
        self.add(id, licence)?;
        self.add(identifier::ROOT.to_owned(), root)
    }

    fn into_json(self) -> Vec<u8> {
        let entities: Vec<Object> = self.0.into_values().collect();
        let document = json!({"@context": CONTEXT, "@graph": entities});
        let mut bytes = serde_json::to_vec_pretty(&document).expect("a JSON value can be written");
        bytes.push(b'\n');
        bytes
    }
}

fn contained(file: &ContainedFile) -> Object {
    let mut entity = object(json!({
        "@type": "File",
        "name": file.name,
        "contentSize": file.size.to_string(),
        "encodingFormat": file.media_type.as_deref().unwrap_or_else(|| media_type(&file.path)),
        "identifier": identifier::digest(&file.digest),
    }));
    insert_some(&mut entity, "description", file.description.clone());
    entity
}

/// The schema.org type that RO-Crate calls `File`: by that name it would have to be a part of the crate.
fn absent(digest: &Digest, file: &AbsentFile) -> Object {
    let mut entity = object(json!({
        "@type": "MediaObject",
        "name": file.name,
        "description": "Not contained; known by its digest.",
        "identifier": identifier::digest(digest),
    }));
    insert_some(&mut entity, "encodingFormat", file.media_type.clone());
    insert_some(&mut entity, "contentSize", file.size.map(|size| size.to_string()));
    entity
}

fn software(software: &Software) -> Result<Object, MetadataError> {
    let mut entity = object(json!({
        "@type": "SoftwareApplication",
        "name": software.name,
        "softwareVersion": software.version,
    }));
    insert_some(&mut entity, "url", software.url.as_deref().map(web).transpose()?);
    Ok(entity)
}

fn licence(licence: Option<&Licence>) -> Result<(String, Object), MetadataError> {
    let Some(licence) = licence else {
        let unstated = json!({
            "@type": "CreativeWork",
            "name": "No licence stated",
            "description": "The authors stated no licence. Ask them before you use this.",
        });
        return Ok((identifier::LICENCE.to_owned(), object(unstated)));
    };
    let id = licence.url.as_deref().map(web).transpose()?.unwrap_or_else(|| identifier::LICENCE.to_owned());
    Ok((id, object(json!({"@type": "CreativeWork", "name": licence.name}))))
}

/// The address of a page, checked.
fn web(url: &str) -> Result<String, MetadataError> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    match !rest.is_empty() && rest.chars().all(plain) {
        true => Ok(url.to_owned()),
        false => Err(MetadataError::Url(url.to_owned())),
    }
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        _ => Object::new(),
    }
}

fn insert_some(entity: &mut Object, property: &str, text: Option<String>) {
    if let Some(text) = text {
        entity.insert(property.to_owned(), text.into());
    }
}

/// Links to entities: none at all, one by itself, or a list, as RO-Crate has it.
fn insert_links(entity: &mut Object, property: &str, ids: BTreeSet<String>) {
    let mut links: Vec<Value> = ids.into_iter().map(|id| json!({"@id": id})).collect();
    let value = match links.len() {
        0 => return,
        1 => links.remove(0),
        _ => links.into(),
    };
    entity.insert(property.to_owned(), value);
}
