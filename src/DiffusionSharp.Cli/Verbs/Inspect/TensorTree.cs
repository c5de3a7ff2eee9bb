using System.Text;
using DiffusionSharp.Cli.Output;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Cli.Verbs.Inspect;

/// <summary>Names of tensors as the tree that their dots make.</summary>
internal static class TensorTree
{
    private const int MostGroups = 24;

    // A stranger's name may have more dots than a stack has room.
    private const int MostLevels = 32;

    /// <summary>Type and shape.</summary>
    public static string Shape(TensorInfo tensor) => $"{tensor.Dtype} [{string.Join(", ", tensor.Shape)}]";

    /// <summary>The tree's upper branches: as deep as few lines allow.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Summary(IReadOnlyDictionary<string, TensorInfo> tensors)
    {
        var names = tensors.Select(t => (Parts: t.Key.Split('.'), t.Value)).ToArray();
        var depth = Enumerable.Range(1, 4).TakeWhile(d => d == 1 || Groups(d).Count() <= MostGroups).Last();
        var groups = Groups(depth).ToArray();
        var shown = groups.Take(MostGroups).Select(g => KeyValuePair.Create(
            g.Key, g.Count() == 1 && g.First().Parts.Length <= depth ? Shape(g.First().Value) : $"{Human.Count(g.Count())} tensors, {Human.Count(g.Sum(t => t.Value.Elements))} values"));
        return groups.Length <= MostGroups ? shown : shown.Append(KeyValuePair.Create("…", $"{Human.Count(groups.Length - MostGroups)} more (--tensors)"));

        IEnumerable<IGrouping<string, (string[] Parts, TensorInfo Value)>> Groups(int d) => names.GroupBy(n => string.Join('.', n.Parts.Take(d)));
    }

    /// <summary>All of the tree, a branch that does not fork on one line.</summary>
    /// <param name="tensors">Types and shapes by name, in any order.</param>
    /// <param name="indent">What every line begins with.</param>
    public static string Text(IReadOnlyList<(string Name, string Shape)> tensors, string indent)
    {
        var text = new StringBuilder();
        Write([.. tensors.Select(t => (t.Name.Split('.', MostLevels), t.Shape))], 0, indent);
        return text.ToString();

        void Write((string[] Parts, string Shape)[] branch, int depth, string indent)
        {
            foreach (var group in branch.GroupBy(b => b.Parts[depth]))
            {
                var members = group.ToArray();
                var (label, at) = (group.Key, depth + 1);
                while (members.All(m => m.Parts.Length > at) && members.All(m => m.Parts[at] == members[0].Parts[at]))
                {
                    label += $".{members[0].Parts[at++]}";
                }

                foreach (var leaf in members.Where(m => m.Parts.Length == at))
                {
                    text.AppendLine($"{indent}{Human.Plain(label)}  {leaf.Shape}");
                }

                if (members.Where(m => m.Parts.Length > at).ToArray() is { Length: > 0 } inner)
                {
                    text.AppendLine($"{indent}{Human.Plain(label)}");
                    Write(inner, at, indent + "  ");
                }
            }
        }
    }
}
