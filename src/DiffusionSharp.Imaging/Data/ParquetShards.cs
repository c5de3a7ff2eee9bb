namespace DiffusionSharp.Imaging.Data;

/// <summary>Which files of a folder are a parquet data set.</summary>
internal static class ParquetShards
{
    /// <summary>
    /// The parquet files in a folder or in its sub-folder <c>data</c>, as Hugging Face's repositories have them: those whose names begin
    /// with "train" where there are any, such as train-00000-of-00003.parquet, else all.
    /// </summary>
    public static string[] In(string folder, IEnumerable<string> files)
    {
        var inner = Path.Combine(folder, "data");
        var all = Parquet(files) is { Length: > 0 } own ? own : Directory.Exists(inner) ? Parquet(Directory.GetFiles(inner)) : [];
        return all.Where(f => Path.GetFileName(f).StartsWith("train", StringComparison.Ordinal)).ToArray() is { Length: > 0 } train ? train : all;
    }

    private static string[] Parquet(IEnumerable<string> files) => [.. files.Where(f => f.EndsWith(".parquet", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
