// <{ header | comment }>

// Package <{ with.package | ident }> names the base images of the release.
package <{ with.package | ident }>

// ReleaseTag is what the tags of the images carry.
const ReleaseTag = <{ release.tag }>

// Image is one of them.
type Image struct {
	Name, Reference string
}

// Images are the images, in the order of the matrix.
var Images = []Image{
<% for spec in specs %>
	{<{ spec.image }>, <{ spec.reference }>},
<% endfor %>
}
