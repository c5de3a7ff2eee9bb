using DiffusionSharp.Imaging.Data.Archives;
using DiffusionSharp.Imaging.Shapes;

namespace DiffusionSharp.Imaging.Data;

/// <summary>What a data path leads to.</summary>
/// <param name="Format">Its format, by content.</param>
/// <param name="Files">The folder or archive; the image file of an IDX pair; the batches of CIFAR-10; the shards of a parquet set.</param>
internal sealed record DataLocation(DataFormat Format, IReadOnlyList<string> Files)
{
    /// <summary>Recognises a path.</summary>
    /// <exception cref="DiffusionException">There is nothing usable (<see cref="ErrorKind.Data"/>, for unknown built-ins <see cref="ErrorKind.Usage"/>).</exception>
    public static DataLocation Recognise(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.StartsWith("builtin:", StringComparison.Ordinal))
        {
            return string.Equals(path, ShapesSource.Name, StringComparison.Ordinal)
                ? new DataLocation(DataFormat.Shapes, [path])
                : throw new DiffusionException(ErrorKind.Usage, $"{path}: no such built-in data set; there is {ShapesSource.Name}");
        }

        try
        {
            return Directory.Exists(path) ? Folder(path)
                : File.Exists(path) ? SingleFile(path)
                : throw new DiffusionException(ErrorKind.Data, $"{path}: there is no such file or folder; check the name");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotBeRead(path, e);
        }
    }

    /// <summary>Refuses to look for a column where there are none.</summary>
    /// <exception cref="DiffusionException">The set is no table (<see cref="ErrorKind.Usage"/>).</exception>
    public void CheckColumn(string? column)
    {
        if (column is not null && !Format.HasColumns)
        {
            var tables = string.Join(", ", DataFormat.All.Where(f => f.HasColumns).Select(f => f.Name));
            throw new DiffusionException(ErrorKind.Usage, $"{Files[0]}: the column '{column}' was asked for, and only {tables} has columns; this is {Format.Name}");
        }
    }

    /// <summary>Opens what is there as its format says; damage is an error of the data.</summary>
    public T Open<T>(Func<IReadOnlyList<string>, T> open)
    {
        try
        {
            return open(Files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw CannotBeRead(Files[0], e);
        }
    }

    private static DataLocation Folder(string path)
    {
        var files = Directory.GetFiles(path);
        Array.Sort(files, StringComparer.Ordinal);
        var found = from format in DataFormat.All
                    let own = format.InFolder?.Invoke(path, files) ?? []
                    where own.Count > 0
                    select new DataLocation(format, own);
        return found.FirstOrDefault() ?? new DataLocation(DataFormat.Folder, [path]);
    }

    private static DataLocation SingleFile(string path)
    {
        var file = DataFile.Open(path);
        return DataFormat.All.FirstOrDefault(f => f.IsFile?.Invoke(file) ?? false) is { } format ? new DataLocation(format, [path]) : throw Unknown(file);
    }

    private static DiffusionException Unknown(DataFile file)
    {
        var what = FileNames.IsImage(file.Path) ? "this is one image file; give the folder it lies in"
            : $"not a data set (it begins with the bytes {Convert.ToHexString(file.Head.AsSpan(0, Math.Min(8, file.Head.Length)))})";
        var all = string.Join(", ", DataFormat.All.Select(f => f.Name));
        return new DiffusionException(ErrorKind.Data, $"{file.Path}: {what}; expected one of: {all} (the help of ddim data check says what each is)");
    }

    private static DiffusionException CannotBeRead(string path, Exception e) => new(ErrorKind.Data, $"{path}: cannot be read: {e.Message}", e);
}
