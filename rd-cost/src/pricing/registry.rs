//! The image repository.
//! <https://aws.amazon.com/ecr/pricing/>

use super::Sheet;
use crate::inventory::Resource;

/// A repository: the storage of its images.
pub(super) fn repository(sheet: &mut Sheet<'_>, repository: &Resource) {
    let images = sheet.usage(|usage| usage.image_gb);
    let key = "cost.usage.image_gb";
    sheet.assumed(repository, "images", "ECR/storage-gb-month", key, images);
}
