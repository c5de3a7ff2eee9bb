using CsCheck;
using DiffusionSharp.Torch.Native;
using Xunit;

namespace DiffusionSharp.Torch.Tests.Native;

public sealed class ElfVersionNeedsTests
{
    private const string Symbol = "_ZSt21ios_base_library_initv";
    private static readonly byte[] Sample = TinyElf.Build(["GLIBCXX_3.4", "GLIBCXX_3.4.32", "CXXABI_1.3"], [("_Znwm", 2), (Symbol, 3), ("_ZdlPv", 4)]);

    [Fact]
    public void Marks_that_entry_and_changes_nothing_else()
    {
        var changed = Changes(Sample, "GLIBCXX_3.4.32");
        var (at, value) = Assert.Single(changed);
        Assert.Equal(2, value);
        // The flags stand before the version's index, which is 3.
        Assert.Equal(3, Sample[at + 2]);
    }

    [Fact]
    public void Finds_the_one_entry_of_the_real_library()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ELF libraries are Linux's");
        var original = NativeFolders.Find("LibTorchSharp")!;
        var before = File.ReadAllBytes(original);
        var after = PatchedLibrary.Patch(original);
        var at = Assert.Single(Enumerable.Range(0, before.Length), i => before[i] != after[i]);
        Assert.Equal((0, 2), (before[at], after[at]));
    }

    [Fact]
    public void A_version_that_another_symbol_needs_stays_needed()
    {
        var image = TinyElf.Build(["GLIBCXX_3.4.32"], [(Symbol, 2), ("_ZNew", 2)]);
        var error = Assert.Throws<InvalidDataException>(() => Patch(image));
        Assert.Contains("_ZNew", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_absent_or_repeated_version_is_refused()
    {
        Assert.Throws<InvalidDataException>(() => Patch(TinyElf.Build(["GLIBCXX_3.4"], [(Symbol, 2)])));
        Assert.Throws<InvalidDataException>(() => Patch(TinyElf.Build(["GLIBCXX_3.4.32", "GLIBCXX_3.4.32"], [(Symbol, 2)])));
        Assert.Throws<InvalidDataException>(() => Patch(TinyElf.Build(["GLIBCXX_3.4.320"], [(Symbol, 2)])));
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        for (var length = 0; length < Sample.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => Patch(Sample[..length]));
        }
    }

    [Fact]
    public void Damage_never_causes_another_error() =>
        Gen.Select(Gen.Int[0, Sample.Length - 1], Gen.Byte).Array[1, 6].Sample(
            damage =>
            {
                var image = (byte[])Sample.Clone();
                foreach (var (at, value) in damage)
                {
                    image[at] = value;
                }

                try
                {
                    Patch(image);
                }
                catch (InvalidDataException)
                {
                }
            },
            iter: 20_000);

    private static void Patch(byte[] image) => ElfVersionNeeds.MakeWeak(image, "GLIBCXX_3.4.32", Symbol);

    private static List<(int At, byte Value)> Changes(byte[] before, string version)
    {
        var after = (byte[])before.Clone();
        ElfVersionNeeds.MakeWeak(after, version, Symbol);
        return [.. Enumerable.Range(0, before.Length).Where(i => before[i] != after[i]).Select(i => (i, after[i]))];
    }
}
