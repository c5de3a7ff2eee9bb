using System.Text;

namespace DiffusionSharp.Files.Storage;

/// <summary>
/// Python's JSON writes numbers that JSON does not have: NaN, Infinity and -Infinity (diffusers' <c>lambda_min_clipped</c>). They become strings, which
/// no option takes for a number.
/// </summary>
internal static class PythonJson
{
    private static readonly string[] Words = ["-Infinity", "Infinity", "NaN"];

    /// <summary>The text with those words in quotes.</summary>
    public static string Quoted(string json)
    {
        if (!Words.Any(w => json.Contains(w, StringComparison.Ordinal)))
        {
            return json;
        }

        var result = new StringBuilder(json.Length + 16);
        var inString = false;
        for (var i = 0; i < json.Length; i++)
        {
            if (!inString && Array.Find(Words, w => string.CompareOrdinal(json, i, w, 0, w.Length) == 0) is { } word)
            {
                result.Append('"').Append(word).Append('"');
                i += word.Length - 1;
                continue;
            }

            result.Append(json[i]);
            if (json[i] == '"')
            {
                inString = !inString;
            }
            else if (inString && json[i] == '\\' && i + 1 < json.Length)
            {
                result.Append(json[++i]);
            }
        }

        return result.ToString();
    }
}
