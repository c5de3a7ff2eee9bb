using System.CommandLine;
using System.Globalization;
using DiffusionSharp.Cli.CommandLine;

namespace DiffusionSharp.Cli.Options;

/// <summary>Which images: <c>--count</c> from <c>--seed</c> on, or <c>--seeds</c> one by one.</summary>
internal sealed class SeedOptions
{
    private const int Most = 10_000_000;

    public Option<int> Count { get; } = Parse.Number<int>("--count");

    public Option<ulong> Seed { get; } = Parse.Number<ulong>("--seed");

    public Option<ulong[]> Seeds { get; } = Parse.Option("--seeds", ParseList);

    public IEnumerable<Option> All => [Count, Seed, Seeds];

    /// <summary>How many images were asked for; null when nothing says so.</summary>
    public int? Asked(ParseResult r) => r.Has(Seeds) ? r.GetValue(Seeds)!.Length : r.Has(Count) ? r.GetValue(Count) : null;

    /// <summary>The seed of each image.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="given">How many images other options ask for (as many as <c>--init</c> holds); null when none does.</param>
    /// <param name="usual">How many images there are when nothing says so.</param>
    public ulong[] Resolve(ParseResult r, int? given, int usual = 16)
    {
        if (r.Has(Seeds) && (r.Has(Seed) || r.Has(Count)))
        {
            throw new DiffusionException(ErrorKind.Usage, "--seeds lists every image: leave out --seed and --count");
        }

        var seeds = r.Has(Seeds) ? r.GetValue(Seeds)! : From(r.Or(Seed, 0UL), r.Or(Count, given ?? usual));
        return given is null || given == seeds.Length
            ? seeds
            : throw new DiffusionException(ErrorKind.Usage, $"{seeds.Length} images were asked for, but the given arrays hold {given}");
    }

    /// <summary>These options as text, whether they were given or not.</summary>
    public IEnumerable<(string Name, string Value)> Values(ParseResult r, ulong[] resolved) =>
        r.Has(Seeds) ? [] : [("seed", $"{resolved[0]}"), ("count", $"{resolved.Length}")];

    /// <summary>Reads 0-63 or 1,5,9-12.</summary>
    internal static ulong[] ParseList(string text)
    {
        var seeds = new List<ulong>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-', 2);
            if (!ulong.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !ulong.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) || last < first)
            {
                throw new FormatException($"'{part}' is no seed and no range; write 0-63 or 1,5,9-12");
            }

            if (last - first >= Most || seeds.Count + (long)(last - first) >= Most)
            {
                throw new FormatException($"that is more than {Most} images");
            }

            for (var seed = first; ; seed++)
            {
                seeds.Add(seed);
                if (seed == last)
                {
                    break;
                }
            }
        }

        return seeds.Distinct().Count() == seeds.Count
            ? [.. seeds]
            : throw new FormatException("a seed is there twice, which would be the same image twice");
    }

    /// <summary>Writes seeds as <see cref="ParseList"/> reads them, with ranges wherever there are any.</summary>
    internal static string Spell(IReadOnlyList<ulong> seeds)
    {
        var parts = new List<string>();
        for (var i = 0; i < seeds.Count;)
        {
            var first = i++;
            while (i < seeds.Count && seeds[i] > seeds[i - 1] && seeds[i] - seeds[i - 1] == 1)
            {
                i++;
            }

            parts.Add(i - first == 1 ? $"{seeds[first]}" : $"{seeds[first]}-{seeds[i - 1]}");
        }

        return string.Join(',', parts);
    }

    private static ulong[] From(ulong seed, int count) => count is >= 1 and <= Most && seed <= ulong.MaxValue - (ulong)count
        ? [.. Enumerable.Range(0, count).Select(i => seed + (ulong)i)]
        : throw new DiffusionException(
            ErrorKind.Usage,
            $"--count: found {count}; 1 to {Most} images can be sampled, with seeds from {seed} on");
}
