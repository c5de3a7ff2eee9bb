namespace DiffusionSharp.Cli.CommandLine;

/// <summary>Guesses what a mistyped word was meant to be.</summary>
internal static class Suggestion
{
    /// <summary><c>; did you mean X?</c>, or nothing when no word is near.</summary>
    public static string For(string word, IEnumerable<string> known)
    {
        var (distance, best) = known.Select(k => (Distance(word, k), k)).DefaultIfEmpty((int.MaxValue, string.Empty)).Min();
        return distance <= Math.Max(1, word.TrimStart('-').Length / 3) ? $"; did you mean {best}?" : string.Empty;
    }

    /// <summary>Edits (insert, delete, change, swap of neighbours) from one word to the other.</summary>
    internal static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
