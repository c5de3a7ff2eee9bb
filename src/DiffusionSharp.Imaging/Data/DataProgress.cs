namespace DiffusionSharp.Imaging.Data;

/// <summary>How far reading has come.</summary>
/// <param name="Read">Images read.</param>
/// <param name="Bad">Files refused.</param>
/// <param name="Total">All files, where the number is known beforehand.</param>
public readonly record struct DataProgress(long Read, int Bad, long? Total);
