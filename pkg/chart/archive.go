package chart

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"

	"github.com/stateward/stateward/pkg/finding"
)

// ArchiveInvalid is reported for a .tgz that is damaged, or that could write
// outside of its folder when unpacked.
var ArchiveInvalid = finding.Rule{
	ID:       "chart-archive-invalid",
	Title:    "A chart archive is whole and stays in its folder",
	Severity: finding.Error,
	Doc: "An archive that is cut short lacks files. One whose entries are absolute, climb with `..` or are links " +
		"overwrites other files where it is unpacked. One that grows without measure fills the memory. Helm refuses most of these, " +
		"and reads a link as an empty file.",
	Hint: "make the archive with `helm package`",
}

var drive = regexp.MustCompile(`^[a-zA-Z]:/`)

// archive reads the chart in a .tgz; nil when findings say why it cannot be.
func (r *reader) archive(in io.Reader, name string) (*node, error) {
	files, problem, err := r.unpack(in, name)
	if err != nil {
		return nil, fmt.Errorf("read chart %s: %w", name, err)
	}
	if problem != "" {
		r.report(ArchiveInvalid, file(name), "%s", problem)
	}
	if problem != "" || r.full {
		return nil, nil
	}
	return r.build(place{path: name}, files), nil
}

// unpack gives the files of an archive, or what is wrong with it in words.
func (r *reader) unpack(in io.Reader, name string) ([]*loader.BufferedFile, string, error) {
	buffered := bufio.NewReader(in)
	head, err := buffered.Peek(3)
	switch {
	case errors.Is(err, io.EOF) && len(head) == 0:
		return nil, "the file is empty, a gzipped tar archive was expected", nil
	case err != nil && !errors.Is(err, io.EOF):
		return nil, "", err
	case !bytes.HasPrefix(head, []byte("\x1f\x8b\x08")):
		return nil, "this is not a gzipped tar archive", nil
	}
	zipped, err := gzip.NewReader(buffered)
	if err != nil {
		return damaged(err)
	}
	// Headers of any size stand before an entry, so what is read is limited as a
	// whole, not only what the entries hold.
	unzipped := &io.LimitedReader{R: zipped, N: 2 * maxBytes}
	archive := tar.NewReader(unzipped)
	var files []*loader.BufferedFile
	for {
		header, err := archive.Next()
		if unzipped.N <= 0 {
			return nil, fmt.Sprintf("the archive is larger than %d MiB when unpacked", maxBytes>>20), nil
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return damaged(err)
		}
		if header.FileInfo().IsDir() || header.Typeflag == tar.TypeXGlobalHeader {
			if !r.take(ArchiveInvalid, file(name), 0) {
				return nil, "", nil
			}
			continue
		}
		inner, problem := entryName(header)
		if problem != "" {
			return nil, fmt.Sprintf("the entry %q %s", header.Name, problem), nil
		}
		if !r.take(ArchiveInvalid, file(name), header.Size) {
			return nil, "", nil
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			return damaged(err)
		}
		files = append(files, &loader.BufferedFile{Name: inner, Data: bytes.TrimPrefix(data, utf8BOM)})
	}
	// The checksum stands at the very end, after the padding of the archive. What
	// follows the gzip data does not matter.
	if _, err := io.Copy(io.Discard, unzipped); err != nil && !errors.Is(err, gzip.ErrHeader) {
		return damaged(err)
	}
	if len(files) == 0 {
		return nil, "the archive has no files", nil
	}
	return files, "", nil
}

// damaged puts into words why an archive cannot be unpacked.
func damaged(err error) ([]*loader.BufferedFile, string, error) {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return nil, "the archive is cut short", nil
	case errors.Is(err, gzip.ErrChecksum):
		return nil, "the archive is damaged: its checksum is wrong", nil
	case errors.Is(err, tar.ErrHeader):
		return nil, "what is inside the gzip file is not a tar archive", nil
	}
	return nil, "the archive is damaged: " + err.Error(), nil
}

// entryName gives the path of an entry below the archive's top folder, as Helm
// reads it, or what is wrong with the entry.
func entryName(header *tar.Header) (name, problem string) {
	switch header.Typeflag {
	case tar.TypeSymlink:
		return "", fmt.Sprintf("is a symbolic link to %q", header.Linkname)
	case tar.TypeLink:
		return "", fmt.Sprintf("is a link to %q", header.Linkname)
	case tar.TypeReg, tar.TypeGNUSparse:
	default:
		return "", "is neither a file nor a folder"
	}
	delimiter := "/"
	if strings.Contains(header.Name, `\`) {
		delimiter = `\`
	}
	top, rest, _ := strings.Cut(header.Name, delimiter)
	rest = strings.ReplaceAll(rest, delimiter, "/")
	switch {
	case path.IsAbs(rest) || top == "":
		return "", "has an absolute path"
	case top == chartYAML:
		return "", "stands in no folder: an archive holds one folder with the chart in it"
	}
	name = path.Clean(rest)
	switch {
	case name == ".":
		return "", "stands in no folder: an archive holds one folder with the chart in it"
	case strings.HasPrefix(name, "..") || top == "..":
		return "", "climbs out of the archive's folder"
	case drive.MatchString(name):
		return "", "has an absolute path"
	case header.Size > maxFile:
		return "", fmt.Sprintf("is larger than %d MiB, the most that Helm reads", maxFile>>20)
	}
	return name, ""
}
