using DiffusionSharp.Files.Storage;
using DiffusionSharp.Imaging.Data.Archives;
using DiffusionSharp.Imaging.Data.Archives.Tar;
using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data;

/// <summary>
/// The images in a zip, tar or tar.gz file, read one after the other into memory; nothing is unpacked to disk and names are
/// only labels. Of what is no picture only the first bytes are unpacked; what an archive may expand to is bounded per file and in all.
/// </summary>
internal static class ArchiveImages
{
    /// <summary>Deflate cannot expand more than 1032 times: what does is made of overlapping entries.</summary>
    private const long MaxExpansion = 1100;

    // A metadata.jsonl of a million images.
    private const long MostOfMetadata = 128L << 20;

    /// <summary>The images in the order of the archive, then those that links lead to.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="kind">"zip", "tar" or "tar.gz".</param>
    /// <param name="labels">Whether files beside the images say their classes, instead of folders.</param>
    /// <exception cref="DiffusionException">While reading: the archive itself is broken (<see cref="ErrorKind.Data"/>).</exception>
    public static EncodedImages Open(string path, string kind, bool labels = false)
    {
        var skipped = new SkippedCounter();
        var beside = labels ? new LabelFiles(MostOfMetadata, Budget(path)) : null;
        return new EncodedImages(Guarded(path, kind, skipped, beside), null) { Skipped = skipped, Beside = beside };
    }

    private static long Budget(string path) => MaxExpansion * Math.Max(RegularFile.Length(path), 1 << 20);

    private static IEnumerable<RawImage> Guarded(string path, string kind, SkippedCounter skipped, LabelFiles? beside)
    {
        var budget = Budget(path);
        using var images = Read(Members, skipped, beside).GetEnumerator();
        while (true)
        {
            RawImage image;
            try
            {
                if (!images.MoveNext())
                {
                    yield break;
                }

                image = images.Current.Image;
                budget -= images.Current.Size;
            }
            catch (Exception e) when (e is InvalidDataException or IOException or FormatException or UnauthorizedAccessException)
            {
                throw new DiffusionException(ErrorKind.Data, $"{path}: the {kind} archive is damaged or truncated: {e.Message} Make it again.", e);
            }

            if (budget < 0)
            {
                throw new DiffusionException(ErrorKind.Data, $"{path}: the {kind} archive expands to more than {MaxExpansion} times its size; this is no honest archive");
            }

            yield return image;
        }

        IEnumerable<ArchiveMember> Members() => kind == "zip" ? ZipMembers.Read(path) : TarMembers.Read(path, kind == "tar.gz");
    }

    private static IEnumerable<(RawImage Image, long Size)> Read(Func<IEnumerable<ArchiveMember>> members, SkippedCounter skipped, LabelFiles? beside)
    {
        var links = new ArchiveLinks();
        foreach (var member in members())
        {
            if (member.Target is not null)
            {
                links.Add(member);
            }
            else if (FileNames.IsHidden(member.Name))
            {
                continue;
            }
            else if (FileNames.IsImage(member.Name))
            {
                yield return Load(member);
            }
            else if (beside is not null && LabelFiles.Wants(member.Name))
            {
                beside.Add(member.Name, member.Open, member.Length);
            }
            else
            {
                skipped.Add(member.Name, () => Head(member));
            }
        }

        var pictures = links.Pictures();
        if (pictures.Count == 0)
        {
            yield break;
        }

        // An archive can be read only from its beginning: what links lead to comes in a second reading.
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in members().Where(m => m.Target is null))
        {
            var name = ArchiveLinks.Normal(member.Name);
            if (name.Length > 0 && pictures.Contains(name) && found.Add(name))
            {
                var (content, size) = Load(member);
                foreach (var link in pictures[name])
                {
                    yield return (content with { Name = link }, size);
                }
            }
        }

        foreach (var link in pictures.Where(p => !found.Contains(p.Key)).SelectMany(p => p))
        {
            yield return (RawImage.Unusable(link, "it is a link, and what it leads to is not in the archive"), 0);
        }
    }

    private static byte[] Head(ArchiveMember member)
    {
        try
        {
            using var stream = member.Open();
            return BoundedRead.Head(stream);
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    /// <summary>A member's bytes, and how many were unpacked at most.</summary>
    private static (RawImage Image, long Size) Load(ArchiveMember member)
    {
        try
        {
            using var stream = member.Open();
            var content = BoundedRead.Picture(stream, member.Length);
            return (new RawImage(member.Name, content.Length, () => content), content.Length);
        }
        catch (BadImageException e)
        {
            return (RawImage.Unusable(member.Name, e.Message), 0);
        }
        catch (InvalidDataException e)
        {
            return (RawImage.Unusable(member.Name, $"the archive's entry is damaged: {e.Message}"), member.Length);
        }
    }
}
