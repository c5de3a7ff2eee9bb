using DiffusionSharp.Files.Storage;
using DiffusionSharp.Schedules;

namespace DiffusionSharp.Models.Configs;

/// <summary>
/// A model's tuned timesteps as a file, <c>tuned_timesteps.json</c>: <c>num_train_timesteps</c>, and <c>timesteps</c>, one list for each
/// number of steps S, from high to low.
/// </summary>
internal static class TunedTimestepsJson
{
    /// <summary>The file's name.</summary>
    public const string FileName = "tuned_timesteps.json";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; one that does not exist holds no lists.</param>
    /// <param name="T">Number of noise levels of the model.</param>
    /// <returns>τ by its number of steps.</returns>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: unreadable, malformed, or of another T.</exception>
    public static IReadOnlyDictionary<int, Timesteps> Read(string path, int T)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var lists = new SortedDictionary<int, Timesteps>();
        if (!File.Exists(path))
        {
            return lists;
        }

        var r = ConfigReader.Parse(path, ConfigReader.ReadText(path));
        if (r.Int("num_train_timesteps", 1000) is var found && found != T)
        {
            r.Add($"num_train_timesteps is {found}, but the model has {T}: tune it again, after deleting the file");
        }

        foreach (var list in r.IntLists("timesteps"))
        {
            try
            {
                if (!lists.TryAdd(list.Length, Timesteps.Custom(found, list)))
                {
                    r.Add($"timesteps has two lists of {list.Length} steps");
                }
            }
            catch (DiffusionException e)
            {
                r.Add(e.Message);
            }
        }

        r.Done();
        return lists;
    }

    /// <summary>Writes lists into a file; those there of other numbers of steps stay.</summary>
    /// <param name="path">The file; it is replaced whole or not at all.</param>
    /// <param name="T">Number of noise levels of the model.</param>
    /// <param name="tuned">The lists, each made for T.</param>
    /// <exception cref="DiffusionException">The file that is there cannot be read, or the storage refused; it is as it was.</exception>
    public static void Add(string path, int T, IEnumerable<Timesteps> tuned)
    {
        ArgumentNullException.ThrowIfNull(tuned);
        var lists = new SortedDictionary<int, Timesteps>(Read(path, T).ToDictionary());
        foreach (var tau in tuned)
        {
            lists[tau.Count] = tau.T == T ? tau : throw new ArgumentException($"timesteps of T = {tau.T} for a model of T = {T}", nameof(tuned));
        }

        AtomicFile.WriteAllText(path, JsonText.Write(json =>
        {
            json.WriteNumber("num_train_timesteps", T);
            JsonText.List(json, "timesteps", lists.Values, tau => json.WriteRawValue($"\n    [{tau}]"));
        }));
    }
}
