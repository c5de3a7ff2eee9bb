namespace DiffusionSharp.Cpu.Tests.Kit;

/// <summary>The order of sums over images by its definition: halves of a power of two, of which those without images are nothing.</summary>
internal static class Tree
{
    /// <summary>The sum of leaves, of which null is nothing.</summary>
    public static T? Sum<T>(IReadOnlyList<T?> leaves, Func<T, T, T> add)
        where T : struct
    {
        return Part(0, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)leaves.Count));

        T? Part(int first, int count)
        {
            if (first >= leaves.Count || count == 1)
            {
                return first < leaves.Count ? leaves[first] : null;
            }

            var (a, b) = (Part(first, count / 2), Part(first + (count / 2), count / 2));
            return a is { } x && b is { } y ? add(x, y) : a ?? b;
        }
    }

    /// <summary>Of images' values.</summary>
    public static float Sum(IEnumerable<float> images) => Sum([.. images.Select(v => (float?)v)], (a, b) => a + b)!.Value;
}
