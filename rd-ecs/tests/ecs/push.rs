//! `push`: the archives of docker and buildx, and archives that cannot be pushed.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use rd_testkit::archive::{Entry, Layout, blob_path, config, digest, docker_saved, layer, write};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, World, endpoint};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;

const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const PLAIN: &str = "application/vnd.oci.image.layer.v1.tar";
const NAME: &str = "shop-test-api";

fn applied(keys: &str) -> World {
    let world = World::new(SETTINGS);
    world.service(keys);
    world.rd("rd-ecs").args("apply -y").ok();
    world
}

fn push(world: &World, entries: &[Entry], arguments: &str) -> Done {
    write(&world.path().join("app.tar"), entries);
    world
        .rd("rd-ecs")
        .args("push app.tar")
        .args(arguments)
        .run()
}

fn pushed(world: &World, entries: &[Entry], arguments: &str) -> Value {
    let done = push(world, entries, arguments);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    serde_json::from_str(&done.stdout).unwrap()
}

fn manifest(world: &World, reference: &str) -> Value {
    let path = format!("/v2/{NAME}/manifests/{reference}");
    let answer = world.registry("GET", &path, "", b"");
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

/// The bytes of a layer in the registry.
fn blob(world: &World, digest: &str) -> Vec<u8> {
    let asked = json!({"repositoryName": NAME, "layerDigest": digest});
    let result = world.json(
        "AmazonEC2ContainerRegistry_V20150921.GetDownloadUrlForLayer",
        &asked,
    );
    let url = result["downloadUrl"].as_str().unwrap();
    let path = url.strip_prefix(endpoint()).unwrap();
    let mut stream = TcpStream::connect(endpoint().strip_prefix("http://").unwrap()).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: local\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    answer.split_off(head + 4)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes).read_to_end(&mut plain).unwrap();
    plain
}

fn zipped(layers: &[Vec<u8>]) -> Vec<(&'static str, Vec<u8>)> {
    layers.iter().map(|layer| (GZIP, gzip(layer))).collect()
}

#[test]
fn a_docker_archive_is_pushed_compressed_and_only_once() {
    let world = applied("");
    let layers = [layer(1, 100_000), layer(2, 700_000), layer(3, 0)];
    let first = pushed(
        &world,
        &docker_saved(&["shop:v1", "shop:latest"], "arm64", &layers),
        "",
    );
    assert_eq!(first["tags"], json!(["latest", "v1"]));
    assert_eq!(first["architectures"], json!(["ARM64"]));
    assert_eq!(first["layers"], json!({"pushed": 3, "skipped": 0}));
    let url = world.output("ecs", "repository_url");
    let name = format!(
        "{}@{}",
        url.as_str().unwrap(),
        first["digest"].as_str().unwrap()
    );
    assert_eq!(first["image"], name.as_str());

    let found = manifest(&world, "v1");
    for (result, plain) in found["layers"].as_array().unwrap().iter().zip(&layers) {
        assert_eq!(result["mediaType"], GZIP);
        let bytes = blob(&world, result["digest"].as_str().unwrap());
        assert_eq!(result["size"], bytes.len());
        assert!(gunzip(&bytes) == *plain, "a layer is not what was saved");
    }
    let config = blob(&world, found["config"]["digest"].as_str().unwrap());
    assert_eq!(config, rd_testkit::archive::config("arm64", &layers));

    let again = pushed(
        &world,
        &docker_saved(&["shop:v1"], "arm64", &layers),
        "--tag v2",
    );
    assert_eq!(again["digest"], first["digest"]);
    assert_eq!(again["layers"], json!({"pushed": 0, "skipped": 3}));
    assert_eq!(again["bytes"], 0);
    assert_eq!(manifest(&world, "v2"), found);

    // Another image; the repository already has one of its layers.
    let other = [layers[1].clone(), layer(4, 1000)];
    let done = push(
        &world,
        &docker_saved(&["shop:v3"], "arm64", &other),
        "--format text",
    );
    let lines: Vec<&str> = done.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{}", done.stdout);
    assert!(lines[0].starts_with(&format!("{}@sha256:", url.as_str().unwrap())));
    assert!(done.stderr.contains("1 layer pushed"), "{}", done.stderr);
    assert!(done.stderr.contains("1 already there"), "{}", done.stderr);
}

#[test]
fn a_link_to_a_layer_is_followed() {
    let world = applied("");
    let layers = [layer(1, 5000), layer(1, 5000)];
    let path = world.path().join("app.tar");
    let entries = docker_saved(&["shop:v1"], "arm64", &layers);
    let mut tar = tar::Builder::new(std::fs::File::create(&path).unwrap());
    let one = entries[1].0.clone();
    for (name, bytes) in &entries[..2] {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes.as_slice())
            .unwrap();
    }
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    tar.append_link(&mut header, "second/layer.tar", format!("../{one}"))
        .unwrap();
    let manifest = json!([{"Config": entries[0].0, "RepoTags": ["shop:v1"], "Layers": [one, "second/layer.tar"]}]);
    let manifest = manifest.to_string();
    let mut header = tar::Header::new_gnu();
    header.set_size(manifest.len() as u64);
    tar.append_data(&mut header, "manifest.json", manifest.as_bytes())
        .unwrap();
    tar.into_inner().unwrap();
    world.rd("rd-ecs").args("push app.tar").ok();
    let found = self::manifest(&world, "v1");
    assert_eq!(found["layers"][0], found["layers"][1]);
    assert_eq!(found["layers"].as_array().unwrap().len(), 2);
}

#[test]
fn an_oci_layout_is_pushed_unchanged() {
    let world = applied("");
    let layers = [layer(1, 50_000), layer(2, 60_000)];
    let mut layout = Layout::default();
    let mut image = layout.image(&config("arm64", &layers), &zipped(&layers));
    image["annotations"] = json!({"org.opencontainers.image.ref.name": "v7"});
    let result = pushed(&world, &layout.finish(&[image.clone()]), "");
    assert_eq!(result["digest"], image["digest"]);
    assert_eq!(result["tags"], json!(["v7"]));
    assert_eq!(result["layers"]["pushed"], 2);
    assert_eq!(
        manifest(&world, "v7")["layers"][0]["digest"],
        digest(&gzip(&layers[0])).as_str()
    );

    // An uncompressed layer of a layout stays uncompressed: its digest may be signed.
    let mut layout = Layout::default();
    let image = layout.image(
        &config("arm64", &layers[..1]),
        &[(PLAIN, layers[0].clone())],
    );
    let result = pushed(
        &world,
        &layout.finish(std::slice::from_ref(&image)),
        "--tag plain",
    );
    assert_eq!(result["digest"], image["digest"]);
}

fn two_platforms(layout: &mut Layout) -> (Value, [Value; 3]) {
    let (one, other) = ([layer(1, 30_000)], [layer(2, 30_000)]);
    let mut arm = layout.image(&config("arm64", &one), &zipped(&one));
    arm["platform"] = json!({"os": "linux", "architecture": "arm64"});
    let mut amd = layout.image(&config("amd64", &other), &zipped(&other));
    amd["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let proof = [("application/vnd.in-toto+json", b"{}".to_vec())];
    let mut attestation = layout.image(br#"{"architecture":"unknown","os":"unknown"}"#, &proof);
    attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    let images = [arm, amd, attestation];
    (layout.index(&images), images)
}

#[test]
fn an_index_is_pushed_with_all_images() {
    let world = applied("");
    let mut layout = Layout::default();
    let (mut index, images) = two_platforms(&mut layout);
    index["annotations"] = json!({"io.containerd.image.name": "docker.io/library/shop:v9"});
    let result = pushed(&world, &layout.finish(&[index.clone()]), "");
    assert_eq!(result["digest"], index["digest"]);
    assert_eq!(result["tags"], json!(["v9"]));
    assert_eq!(result["architectures"], json!(["ARM64", "X86_64"]));
    for image in &images {
        manifest(&world, image["digest"].as_str().unwrap());
    }
    let listed = world.rd("rd-ecs").args("images").ok();
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let listed = listed["images"].as_array().unwrap();
    assert_eq!(
        listed.len(),
        1,
        "the images of an index are not listed separately"
    );
    assert_eq!(listed[0]["architectures"], json!(["ARM64", "X86_64"]));
    assert_eq!(
        listed[0]["images"],
        json!([images[0]["digest"], images[1]["digest"]])
    );
}

#[test]
fn the_only_image_of_an_index_is_pushed_without_the_index() {
    let world = applied("");
    let mut layout = Layout::default();
    let (index, images) = two_platforms(&mut layout);
    let other = blob_path(images[1]["digest"].as_str().unwrap());
    layout.entries.retain(|(name, _)| *name != other);
    let done = push(&world, &layout.finish(&[index]), "--tag v1");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let result: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(result["digest"], images[0]["digest"]);
    assert!(
        done.stderr.contains("only the image for ARM64"),
        "{}",
        done.stderr
    );
}

#[test]
fn an_attestation_that_the_archive_lacks_is_no_platform() {
    let world = applied("");
    let mut layout = Layout::default();
    let layers = [layer(1, 30_000)];
    let mut arm = layout.image(&config("arm64", &layers), &zipped(&layers));
    arm["platform"] = json!({"os": "linux", "architecture": "arm64"});
    let attestation = json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest(b"gone"), "size": 1,
        "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
        "platform": {"os": "unknown", "architecture": "unknown"},
    });
    let index = layout.index(&[arm.clone(), attestation]);
    let done = push(&world, &layout.finish(&[index]), "--tag v1");
    assert_eq!(done.code, 0, "{}", done.stderr);
    let result: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(result["digest"], arm["digest"]);
    assert!(!done.stderr.contains("platforms"), "{}", done.stderr);
}

#[test]
fn one_of_several_images_is_selected_and_signatures_are_none() {
    let world = applied("");
    let mut layout = Layout::default();
    let mut image = |seed: u64, kind: &str| {
        let layers = [layer(seed, 30_000)];
        let mut image = layout.image(&config("arm64", &layers), &zipped(&layers));
        image["annotations"] = json!({"kind": format!("dev.cosignproject.cosign/{kind}")});
        image
    };
    let (mut one, signature) = (image(1, "image"), image(2, "sigs"));
    let done = push(
        &world,
        &layout.finish(&[one.clone(), signature.clone()]),
        "--tag v1",
    );
    assert_eq!(done.code, 0, "{}", done.stderr);
    let result: Value = serde_json::from_str(&done.stdout).unwrap();
    assert_eq!(result["digest"], one["digest"]);
    assert!(
        done.stderr.contains("signatures and attestations"),
        "{}",
        done.stderr
    );

    let mut layout = Layout::default();
    let mut image = |seed: u64, name: &str| {
        let layers = [layer(seed, 30_000)];
        let mut image = layout.image(&config("arm64", &layers), &zipped(&layers));
        image["annotations"] = json!({"org.opencontainers.image.ref.name": name});
        image
    };
    one = image(3, "docker.io/library/app:v3");
    let other = image(4, "v4");
    let entries = layout.finish(&[one.clone(), other.clone()]);
    let unclear = push(&world, &entries, "");
    assert_eq!(unclear.code, 2);
    for said in ["contains 2 images: docker.io/library/app:v3", "--select"] {
        assert!(unclear.stderr.contains(said), "{}", unclear.stderr);
    }
    let chosen = pushed(&world, &entries, "--select v4");
    assert_eq!(
        (&chosen["digest"], &chosen["tags"]),
        (&other["digest"], &json!(["v4"]))
    );
    let short = one["digest"].as_str().unwrap()[7..20].to_owned();
    let chosen = pushed(&world, &entries, &format!("--select {short}"));
    assert_eq!(
        (&chosen["digest"], &chosen["tags"]),
        (&one["digest"], &json!(["v3"]))
    );
    let wrong = push(&world, &entries, "--select v5");
    assert_eq!(wrong.code, 2);
    assert!(
        wrong.stderr.contains("contains no image `v5`"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn docker_save_of_several_names_and_images() {
    let world = applied("");
    let both = |names: [&str; 2], layers: [Vec<u8>; 2]| {
        let saved = names.iter().zip(&layers);
        let saved =
            saved.map(|(name, layer)| docker_saved(&[name], "arm64", std::slice::from_ref(layer)));
        let mut entries: Vec<Entry> = saved.flatten().collect();
        let (manifests, mut entries): (Vec<Entry>, Vec<Entry>) = entries
            .drain(..)
            .partition(|(name, _)| name == "manifest.json");
        let images: Vec<Value> = manifests
            .iter()
            .flat_map(|(_, bytes)| serde_json::from_slice::<Vec<Value>>(bytes).unwrap())
            .collect();
        entries.push((
            "manifest.json".to_owned(),
            json!(images).to_string().into_bytes(),
        ));
        entries
    };
    let same = both(["app:v1", "app:v2"], [layer(1, 20_000), layer(1, 20_000)]);
    assert_eq!(pushed(&world, &same, "")["tags"], json!(["v1", "v2"]));
    let different = both(["app:v3", "app:v4"], [layer(2, 20_000), layer(3, 20_000)]);
    let unclear = push(&world, &different, "");
    assert_eq!(unclear.code, 2);
    assert!(
        unclear.stderr.contains("contains 2 images"),
        "{}",
        unclear.stderr
    );
    assert_eq!(
        pushed(&world, &different, "--select app:v4")["tags"],
        json!(["v4"])
    );
}

#[test]
fn null_is_a_list_without_content() {
    let world = applied("");
    let layers = [layer(1, 20_000)];
    let mut layout = Layout::default();
    let described = layout.add(
        "application/vnd.oci.image.config.v1+json",
        &config("arm64", &layers),
    );
    let mut zipped = layout.add(GZIP, &gzip(&layers[0]));
    zipped["annotations"] = Value::Null;
    let image =
        json!({"schemaVersion": 2, "config": described, "layers": [zipped], "annotations": null});
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let mut image = layout.add(kind, image.to_string().as_bytes());
    image["annotations"] = Value::Null;
    let result = pushed(
        &world,
        &layout.finish(std::slice::from_ref(&image)),
        "--tag v1",
    );
    assert_eq!(result["digest"], image["digest"]);

    let own =
        br#"{"architecture":"arm64","os":"linux","rootfs":{"type":"layers","diff_ids":null}}"#;
    let name = format!("{}.json", digest(own).replace("sha256:", ""));
    let manifest = json!([{"Config": name, "RepoTags": null, "Layers": null}]);
    let entries = vec![
        (name, own.to_vec()),
        (
            "manifest.json".to_owned(),
            manifest.to_string().into_bytes(),
        ),
    ];
    pushed(&world, &entries, "--tag empty");
}

#[test]
fn an_archive_may_contain_both_formats() {
    let world = applied("");
    let layers = [layer(1, 40_000)];
    let both = |kind: &'static str, bytes: Vec<u8>| {
        let mut layout = Layout::default();
        let own = config("arm64", &layers);
        let image = layout.image(&own, &[(kind, bytes.clone())]);
        let mut entries = layout.finish(std::slice::from_ref(&image));
        let manifest = json!([{
            "Config": blob_path(&digest(&own)),
            "RepoTags": ["shop:v1"],
            "Layers": [blob_path(&digest(&bytes))],
        }]);
        entries.push((
            "manifest.json".to_owned(),
            manifest.to_string().into_bytes(),
        ));
        (entries, image)
    };
    // From docker's own store: uncompressed, so the push compresses it.
    let (entries, image) = both(PLAIN, layers[0].clone());
    let result = pushed(&world, &entries, "");
    assert_ne!(result["digest"], image["digest"]);
    assert_eq!(manifest(&world, "v1")["layers"][0]["mediaType"], GZIP);
    // From containerd's store: compressed already, so it stays as it is.
    let (entries, image) = both(GZIP, gzip(&layers[0]));
    let result = pushed(&world, &entries, "--tag v2");
    assert_eq!(result["digest"], image["digest"]);
}

#[test]
fn compressed_layers_of_a_docker_archive_stay_unchanged() {
    let world = applied("");
    let layers = [layer(1, 40_000)];
    let mut entries = docker_saved(&["shop:v1"], "arm64", &layers);
    entries[1].1 = gzip(&layers[0]);
    pushed(&world, &entries, "");
    let found = manifest(&world, "v1");
    assert_eq!(
        found["layers"][0]["digest"],
        digest(&gzip(&layers[0])).as_str()
    );
}

/// A change to the files of an archive.
type Harm = fn(&mut Vec<Entry>);

fn find<'a>(entries: &'a mut [Entry], name: &str) -> &'a mut Vec<u8> {
    let found = entries.iter_mut().find(|(own, _)| own.contains(name));
    &mut found.unwrap().1
}

#[test]
fn an_invalid_archive_is_refused_before_anything_is_tagged() {
    let world = applied("");
    let layers = [layer(1, 20_000), layer(2, 20_000)];
    let docker = docker_saved(&["shop:v1"], "arm64", &layers);
    let mut layout = Layout::default();
    let image = layout.image(&config("arm64", &layers), &zipped(&layers));
    let oci = layout.finish(&[image]);
    let cases: [(&str, &[Entry], Harm, &str); 13] = [
        (
            "a layer missing",
            &docker,
            |all| drop(all.remove(1)),
            "the layer",
        ),
        (
            "a layer changed",
            &docker,
            |all| all[1].1[600] ^= 1,
            "has the digest sha256:",
        ),
        (
            "a configuration missing",
            &docker,
            |all| drop(all.remove(0)),
            "the configuration",
        ),
        (
            "a configuration changed",
            &docker,
            |all| all[0].1.push(b' '),
            "has the digest sha256:",
        ),
        (
            "no JSON",
            &docker,
            |all| *find(all, "manifest.json") = b"x".to_vec(),
            "manifest.json is not valid",
        ),
        (
            "no image",
            &docker,
            |all| *find(all, "manifest.json") = b"[]".to_vec(),
            "names no image",
        ),
        (
            "too few layers",
            &docker,
            |all| {
                let text = String::from_utf8(find(all, "manifest.json").clone()).unwrap();
                let mut document: Value = serde_json::from_str(&text).unwrap();
                document[0]["Layers"].as_array_mut().unwrap().pop();
                *find(all, "manifest.json") = document.to_string().into_bytes();
            },
            "names 1 layers, but the configuration names 2",
        ),
        (
            "neither document",
            &docker,
            |all| all.retain(|(name, _)| name != "manifest.json"),
            "is not an image",
        ),
        ("no files", &docker, Vec::clear, "it contains no files"),
        (
            "an OCI layer missing",
            &oci,
            |all| drop(all.remove(1)),
            "is missing",
        ),
        (
            "an OCI layer changed",
            &oci,
            |all| all[1].1[20] ^= 1,
            "has the digest sha256:",
        ),
        (
            "an OCI layer cut",
            &oci,
            |all| assert!(all[1].1.pop().is_some()),
            "but must have",
        ),
        (
            "an OCI manifest changed",
            &oci,
            |all| all[3].1.push(b' '),
            "has the digest sha256:",
        ),
    ];
    for (name, entries, harm, result) in cases {
        let mut entries = entries.to_vec();
        harm(&mut entries);
        let done = push(&world, &entries, "--tag v1");
        assert!(
            [1, 2].contains(&done.code),
            "{name}: {} {}",
            done.code,
            done.stderr
        );
        assert!(done.stderr.contains(result), "{name}: {}", done.stderr);
        assert_eq!(done.stdout, "", "{name}");
    }
    let path = format!("/v2/{NAME}/tags/list");
    let tags = world.registry("GET", &path, "", b"");
    assert!(tags.body.contains(r#""tags": []"#), "{}", tags.body);
}

#[test]
fn other_file_formats_are_named() {
    let world = applied("");
    let good = docker_saved(&["shop:v1"], "arm64", &[layer(1, 20_000)]);
    let path = world.path().join("app.tar");
    write(&path, &good);
    let whole = std::fs::read(&path).unwrap();
    let cases: [(&str, Vec<u8>, i32); 5] = [
        ("is empty", Vec::new(), 2),
        ("is not a tar archive", vec![b'x'; 4096], 2),
        ("is compressed with gzip", gzip(&whole), 2),
        ("is a zip archive", b"PK\x03\x04 and more".to_vec(), 2),
        ("ends in the middle of", whole[..15_000].to_vec(), 1),
    ];
    for (result, bytes, code) in cases {
        std::fs::write(&path, bytes).unwrap();
        let done = world.rd("rd-ecs").args("push app.tar").code(code);
        assert!(done.stderr.contains(result), "{result}: {}", done.stderr);
    }
    let done = world.rd("rd-ecs").args("push nowhere.tar").code(2);
    assert!(
        done.stderr.contains("cannot read nowhere.tar"),
        "{}",
        done.stderr
    );
    let done = world.rd("rd-ecs").args("push .").code(2);
    assert!(done.stderr.contains("is a folder"), "{}", done.stderr);
    std::fs::write(&path, whole).unwrap();
    let done = world
        .rd("rd-ecs")
        .shell("cat app.tar | rd-ecs push -")
        .code(2);
    assert!(
        done.stderr.contains("docker save app -o app.tar"),
        "{}",
        done.stderr
    );
    world.rd("rd-ecs").shell("rd-ecs push - < app.tar").ok();
}

#[test]
fn tags_and_architectures_are_checked_first() {
    let world = applied("immutable_tags = true");
    let image =
        |architecture: &str, seed: u64| docker_saved(&[], architecture, &[layer(seed, 1000)]);
    for (arguments, result) in [
        ("", "names no tag"),
        ("--tag a/b", "is not a valid tag"),
        ("--tag rd-none", "is reserved"),
    ] {
        let done = push(&world, &image("arm64", 1), arguments);
        assert_eq!(done.code, 2, "{}", done.stderr);
        assert!(done.stderr.contains(result), "{}", done.stderr);
    }
    let done = push(&world, &image("amd64", 1), "--tag v1");
    assert_eq!(done.code, 6, "{}", done.stderr);
    assert!(
        done.stderr
            .contains("for X86_64, but the tasks run on ARM64"),
        "{}",
        done.stderr
    );
    assert!(
        done.stderr.contains("--platform linux/arm64"),
        "{}",
        done.stderr
    );
    pushed(&world, &image("amd64", 1), "--tag amd --any-architecture");

    let first = pushed(&world, &image("arm64", 1), "--tag v1");
    // Pushing the same image again does not move the tag.
    assert_eq!(
        pushed(&world, &image("arm64", 1), "--tag v1")["digest"],
        first["digest"]
    );
    let done = push(&world, &image("arm64", 2), "--tag v1 --tag v2");
    assert_eq!(done.code, 6, "{}", done.stderr);
    assert!(
        done.stderr
            .contains("the tag `v1` already belongs to another image"),
        "{}",
        done.stderr
    );
    // The setting was changed only at AWS, so the error is AWS's.
    world.ecs_settings("");
    let done = push(&world, &image("arm64", 2), "--tag v1");
    assert_eq!(done.code, 6, "{}", done.stderr);
    assert!(
        done.stderr
            .contains("the tag `v1` already belongs to another image"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_tag_moves_in_a_repository_with_mutable_tags() {
    let world = applied("");
    pushed(
        &world,
        &docker_saved(&["a:v1"], "arm64", &[layer(1, 1000)]),
        "",
    );
    let second = pushed(
        &world,
        &docker_saved(&["a:v1"], "arm64", &[layer(2, 1000)]),
        "",
    );
    let listed = world.rd("rd-ecs").args("images").ok();
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let tagged: Vec<&Value> = listed["images"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["tags"] != json!([]))
        .collect();
    assert_eq!(tagged.len(), 1);
    assert_eq!(tagged[0]["digest"], second["digest"]);
}

#[test]
fn a_missing_repository_is_an_error() {
    let world = applied("");
    let gone = json!({"repositoryName": NAME, "force": true});
    world.json(
        "AmazonEC2ContainerRegistry_V20150921.DeleteRepository",
        &gone,
    );
    let done = push(
        &world,
        &docker_saved(&["a:v1"], "arm64", &[layer(1, 1000)]),
        "",
    );
    assert_eq!(done.code, 1);
    assert!(
        done.stderr.contains("run rd-ecs apply to create it again"),
        "{}",
        done.stderr
    );
}

#[test]
fn the_image_of_a_release_is_pushed() {
    let world = applied("");
    let make = "mkdir -p rd-0.1.0/bin rd-0.1.0/share/doc/rd && cp /bin/true rd-0.1.0/bin/rd-net && echo MIT \
                >rd-0.1.0/share/doc/rd/LICENSE && tar --mtime=@1764273405 -czf release.tar.gz rd-0.1.0";
    let tool = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../scripts/dist.d/oci_image.py"
    );
    let image = |arguments: &str| {
        let line = format!("{make} && python3 {tool} release.tar.gz {arguments}");
        world
            .rd("rd-ecs")
            .shell(&line)
            .ok()
            .stdout
            .trim()
            .to_owned()
    };
    let base = image("--libraries-of-this-machine --output app.tar");
    assert_eq!(
        image("--libraries-of-this-machine --output again.tar"),
        base
    );
    let push = world
        .rd("rd-ecs")
        .args("push app.tar --tag base --any-architecture")
        .ok();
    let pushed: Value = serde_json::from_str(&push.stdout).unwrap();
    assert_eq!(pushed["digest"], base.as_str());
    assert_eq!(pushed["layers"]["pushed"], 1);

    // On a base, the programs are one more layer.
    let upon = image("--base app.tar --output upon.tar");
    assert_ne!(upon, base);
    let push = world
        .rd("rd-ecs")
        .args("push upon.tar --tag upon --any-architecture")
        .ok();
    let pushed: Value = serde_json::from_str(&push.stdout).unwrap();
    assert_eq!(pushed["layers"], json!({"pushed": 1, "skipped": 1}));
    let layers = manifest(&world, "upon")["layers"].clone();
    assert_eq!(layers.as_array().unwrap().len(), 2);
    let data = blob(&world, layers[0]["digest"].as_str().unwrap());
    std::fs::write(world.path().join("layer.tgz"), data).unwrap();
    let listed = world.rd("rd-ecs").shell("tar -tzf layer.tgz").ok().stdout;
    for file in ["usr/bin/rd-net", "usr/share/doc/rd/LICENSE"] {
        assert!(listed.lines().any(|line| line == file), "{listed}");
    }
    assert!(listed.contains("/libc.so.6\n"), "{listed}");
}
