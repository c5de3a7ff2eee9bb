namespace TestKit;

/// <summary>Finds the house's ../shared folder; tests that need it are skipped with a message where it is absent.</summary>
public static class Shared
{
    /// <summary>The message of a skipped test.</summary>
    public const string Missing = "../shared is absent: numbers of the reference implementations are not on this machine";

    /// <summary>The repository's root.</summary>
    public static string Repository { get; } = FindUp("DiffusionSharp.slnx") ?? throw new InvalidOperationException("the tests do not run inside the repository");

    /// <summary>The shared folder beside the repository, or null.</summary>
    public static string? Root { get; } = Locate();

    /// <summary>True where the goldens can be read (use with <c>SkipUnless</c>).</summary>
    public static bool Exists => Root is not null;

    /// <summary>A path below shared/.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Root ?? throw new InvalidOperationException(Missing), .. parts]);

    private static string? Locate()
    {
        string?[] candidates = [Environment.GetEnvironmentVariable("DIFFUSIONSHARP_SHARED"), System.IO.Path.Combine(Repository, "..", "shared")];
        return candidates.FirstOrDefault(c => c is not null && Directory.Exists(System.IO.Path.Combine(c, "goldens")));
    }

    private static string? FindUp(string file)
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(d.FullName, file)))
            {
                return d.FullName;
            }
        }

        return null;
    }
}
