namespace DiffusionSharp.Imaging.Data;

/// <summary>Takes the labels of a set one after the other: numbers of classes, or their names.</summary>
internal sealed class LabelCollector
{
    private const int MostClasses = 1_000_000;
    private const int MostNames = 100_000;
    private const int LongestName = 200;
    private readonly List<int> labels = [];
    private readonly Dictionary<string, int> words = new(StringComparer.Ordinal);
    private bool numbered;

    /// <summary>Adds a number; null and -1 stand for none, as in Hugging Face's sets.</summary>
    /// <exception cref="DiffusionException">It is no number of a class.</exception>
    public void Add(long? number)
    {
        if (number is { } given and not ClassLabels.None)
        {
            Require(given is >= 0 and < MostClasses, $"label {given} is found; classes are numbers from 0 to {MostClasses - 1}, or -1 for none");
            Require(words.Count == 0, $"label {given} is found among names; classes have numbers or names, not both");
            numbered = true;
        }

        labels.Add((int)(number ?? ClassLabels.None));
    }

    /// <summary>Adds a name; null and blanks stand for none.</summary>
    /// <exception cref="DiffusionException">It is no name of a class.</exception>
    public void Add(string? name)
    {
        if (string.IsNullOrWhiteSpace(name))
        {
            labels.Add(ClassLabels.None);
            return;
        }

        Require(name.Length <= LongestName, $"a label of {name.Length} characters is found; the name of a class has at most {LongestName}");
        Require(!numbered, $"label '{name}' is found among numbers; classes have numbers or names, not both");
        if (!words.TryGetValue(name, out var word))
        {
            Require(words.Count < MostNames, $"more than {MostNames} different labels are found; those are texts, and no names of classes");
            word = words[name] = words.Count;
        }

        labels.Add(word);
    }

    /// <summary>Adds images without a label.</summary>
    public void AddNone(int count) => labels.AddRange(Enumerable.Repeat(ClassLabels.None, count));

    /// <summary>The classes: names in their order, or as many numbers as the largest needs.</summary>
    /// <param name="names">Makes the names of so many classes that have numbers.</param>
    /// <exception cref="DiffusionException">There are too few names.</exception>
    public ClassLabels Complete(Func<int, IReadOnlyList<string>> names)
    {
        var classes = labels.DefaultIfEmpty(ClassLabels.None).Max() + 1;
        if (classes == 0)
        {
            return ClassLabels.Absent;
        }

        if (words.Count == 0)
        {
            var known = names(classes);
            Require(known.Count >= classes, $"label {classes - 1} is found, and names of {known.Count} classes");
            return new ClassLabels(known, [.. labels]);
        }

        string[] sorted = [.. words.Keys.Order(StringComparer.Ordinal)];
        var place = new int[sorted.Length];
        foreach (var (i, word) in sorted.Index())
        {
            place[words[word]] = i;
        }

        return new ClassLabels(sorted, [.. labels.Select(l => l == ClassLabels.None ? l : place[l])]);
    }

    private static void Require(bool right, FormattableString problem)
    {
        if (!right)
        {
            throw new DiffusionException(ErrorKind.Data, FormattableString.Invariant(problem));
        }
    }
}
