namespace DiffusionSharp.Imaging.Data.Archives;

/// <summary>The links in an archive and the files in it they lead to; nothing outside of it is ever looked at.</summary>
internal sealed class ArchiveLinks
{
    // What is kept of the links of an archive, in characters: a hundred thousand with long names.
    private const long Most = 32 << 20;
    private const int Overhead = 64;
    private const int MostSteps = 40;
    private readonly Dictionary<string, string> targets = new(StringComparer.Ordinal);
    private long kept;

    /// <summary>A name without "." and ".."; empty where it leads out of the archive.</summary>
    public static string Normal(string name)
    {
        var parts = new List<string>();
        foreach (var part in name.Split('/').Where(p => p is not ("" or ".")))
        {
            if (part != "..")
            {
                parts.Add(part);
            }
            else if (parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else
            {
                return string.Empty;
            }
        }

        return string.Join('/', parts);
    }

    /// <summary>Where a symbolic link leads, as a name in the archive; empty where it leads out of it.</summary>
    /// <param name="name">The link's name.</param>
    /// <param name="target">What it says, relative to its folder.</param>
    public static string Follow(string name, string target) =>
        target.StartsWith('/') ? string.Empty : Normal($"{name[..(name.LastIndexOf('/') + 1)]}{target}");

    /// <summary>Keeps a link.</summary>
    /// <exception cref="InvalidDataException">There are too many.</exception>
    public void Add(ArchiveMember link)
    {
        kept += Overhead + link.Name.Length + link.Target!.Length;
        targets[link.Name] = kept <= Most ? link.Target : throw new InvalidDataException("it holds more links than can be kept in mind; unpack it into a folder.");
    }

    /// <summary>The links with the names of pictures, in the order of their names, by the file they lead to at last; by no name those in circles or out.</summary>
    public ILookup<string, string> Pictures()
    {
        var byName = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, target) in targets)
        {
            byName[Normal(name)] = target;
        }

        return targets.Where(t => FileNames.IsImage(t.Key) && !FileNames.IsHidden(t.Key))
            .OrderBy(t => t.Key, StringComparer.Ordinal)
            .ToLookup(t => End(t.Value), t => t.Key, StringComparer.Ordinal);

        string End(string target)
        {
            for (var i = 0; i < MostSteps; i++)
            {
                if (!byName.TryGetValue(target, out var next))
                {
                    return target;
                }

                target = next;
            }

            return string.Empty;
        }
    }
}
